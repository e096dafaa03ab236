// What breakers of Go cost a call, one round: peer THREADS SECONDS. Prints a line of JSON for each.
package main

import (
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/failsafe-go/failsafe-go/timeout"
	"github.com/sony/gobreaker/v2"
)

//go:noinline
func work(x int) (int, error) { return x + 1, nil }

func call() (int, error) { return work(1) }

func alone(calls int) {
	for i := 0; i < calls; i++ {
		if got, err := work(1); got != 2 || err != nil {
			panic("not the call's value")
		}
	}
}

// rolling: half of the calls of ten seconds, ten at least, in twenty buckets.
func rolling() gobreaker.Settings {
	return gobreaker.Settings{
		Interval:     10 * time.Second,
		BucketPeriod: 500 * time.Millisecond,
		Timeout:      time.Hour,
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return counts.Requests >= 10 && counts.TotalFailures*2 >= counts.Requests
		},
	}
}

// inRow: its default rule, with five failures.
func inRow() gobreaker.Settings {
	return gobreaker.Settings{
		Timeout:     time.Hour,
		ReadyToTrip: func(counts gobreaker.Counts) bool { return counts.ConsecutiveFailures >= 5 },
	}
}

func throughGobreaker(settings gobreaker.Settings, open bool) loop {
	breaker := gobreaker.NewCircuitBreaker[int](settings)
	if open {
		for i := 0; i < 10; i++ {
			breaker.Execute(func() (int, error) { return 0, errors.New("broken") })
		}
	}
	return func(calls int) {
		for i := 0; i < calls; i++ {
			if _, err := breaker.Execute(call); (err != nil) != open {
				panic("gobreaker is not in the state that is measured")
			}
		}
	}
}

func rate() circuitbreaker.Builder[int] {
	return circuitbreaker.NewBuilder[int]().WithFailureRateThreshold(0.5, 10, 10*time.Second)
}

func throughFailsafe(open bool, policies ...failsafe.Policy[int]) loop {
	executor := failsafe.With(policies...)
	return func(calls int) {
		for i := 0; i < calls; i++ {
			if _, err := executor.Get(call); (err != nil) != open {
				panic("failsafe-go is not in the state that is measured")
			}
		}
	}
}

func throughPermit(breaker circuitbreaker.CircuitBreaker[int]) loop {
	return func(calls int) {
		for i := 0; i < calls; i++ {
			if !breaker.TryAcquirePermit() {
				panic("failsafe-go is not in the state that is measured")
			}
			work(1)
			breaker.RecordSuccess()
		}
	}
}

func openFailsafe() circuitbreaker.CircuitBreaker[int] {
	breaker := rate().WithDelay(time.Hour).Build()
	breaker.Open()
	return breaker
}

func closed() []measured {
	counted := circuitbreaker.NewBuilder[int]().WithFailureThresholdRatio(50, 100).Build()
	row := circuitbreaker.NewBuilder[int]().WithFailureThreshold(5).Build()
	return []measured{
		{"closed/gobreaker", throughGobreaker(rolling(), false)},
		{"closed/failsafe", throughFailsafe(false, rate().Build())},
		{"closed/failsafe-permit", throughPermit(rate().Build())},
		{"counted/failsafe", throughFailsafe(false, counted)},
		{"row/gobreaker", throughGobreaker(inRow(), false)},
		{"row/failsafe", throughFailsafe(false, row)},
	}
}

func onlyOneThread() []measured {
	retry := retrypolicy.NewBuilder[int]().WithMaxAttempts(3).Build()
	return []measured{
		{"alone/go", alone},
		{"rejected/gobreaker", throughGobreaker(rolling(), true)},
		{"rejected/failsafe", throughFailsafe(true, openFailsafe())},
		{"retried/failsafe", throughFailsafe(false, retry, rate().Build())},
		{"timed/failsafe", throughFailsafe(false, retry, rate().Build(), timeout.New[int](time.Second))},
	}
}

func main() {
	if len(os.Args) != 3 {
		os.Stderr.WriteString("peer THREADS SECONDS\n")
		os.Exit(2)
	}
	threads, _ := strconv.Atoi(os.Args[1])
	seconds, _ := strconv.ParseFloat(os.Args[2], 64)
	all := closed()
	if threads == 1 {
		all = append(onlyOneThread(), all...)
	}
	measure(all, threads, seconds)
}
