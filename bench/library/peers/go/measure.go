package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

// What one thread does: so many calls.
type loop func(calls int)

type measured struct {
	name string
	body loop
}

// once gives nanoseconds for a call on each of so many threads.
func once(body loop, threads int, calls int) float64 {
	var warm, done sync.WaitGroup
	start := make(chan struct{})
	for t := 0; t < threads; t++ {
		warm.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			runtime.LockOSThread()
			body(1000)
			warm.Done()
			<-start
			body(calls)
		}()
	}
	warm.Wait()
	begin := time.Now()
	close(start)
	done.Wait()
	return float64(time.Since(begin).Nanoseconds()) / float64(calls)
}

func measure(all []measured, threads int, seconds float64) {
	for _, each := range all {
		first := once(each.body, threads, 20000)
		calls := max(20000, int(seconds*1e9/first))
		runtime.GC()
		fmt.Printf("{\"case\": \"%s\", \"ns\": %.3f}\n", each.name, once(each.body, threads, calls))
	}
}
