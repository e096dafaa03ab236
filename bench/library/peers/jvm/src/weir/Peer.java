package weir;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.CompilerControl;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What resilience4j costs a call. A method GROUP_CONTENDER is the case GROUP/CONTENDER. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Peer {
  private static final SlidingWindowSynchronizationStrategy LOCKED =
      SlidingWindowSynchronizationStrategy.SYNCHRONIZED;
  private static final SlidingWindowSynchronizationStrategy FREE =
      SlidingWindowSynchronizationStrategy.LOCK_FREE;

  /** A time that goes on by a microsecond for each call, and is read as often as asked. */
  private static final class MovingClock extends Clock {
    private long nanos = 1_000_000_000_000L;

    long next() {
      return nanos += 500;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochSecond(nanos / 1_000_000_000L, nanos % 1_000_000_000L);
    }

    @Override
    public long millis() {
      return nanos / 1_000_000L;
    }
  }

  private final Supplier<Integer> call = () -> work(1);

  private CircuitBreaker locked, free, countedLocked, countedFree, open, openWithoutTrace;
  private CircuitBreaker givenLocked, givenFree;
  private Supplier<Integer> retried;
  private Callable<Integer> timed;
  private ExecutorService threads;

  @CompilerControl(CompilerControl.Mode.DONT_INLINE)
  static int work(int x) {
    return x + 1;
  }

  /** Half of the calls of ten seconds, ten at least; once open, for an hour. */
  private static CircuitBreakerConfig.Builder within(SlidingWindowSynchronizationStrategy how) {
    return CircuitBreakerConfig.custom()
        .slidingWindow(10, 10, SlidingWindowType.TIME_BASED, how)
        .failureRateThreshold(50)
        .waitDurationInOpenState(Duration.ofHours(1));
  }

  private static CircuitBreaker counted(SlidingWindowSynchronizationStrategy how) {
    return CircuitBreaker.of(
        "counted",
        CircuitBreakerConfig.custom()
            .slidingWindow(100, 100, SlidingWindowType.COUNT_BASED, how)
            .failureRateThreshold(50)
            .build());
  }

  private static CircuitBreaker given(SlidingWindowSynchronizationStrategy how) {
    MovingClock clock = new MovingClock();
    return CircuitBreaker.of(
        "given",
        within(how)
            .clock(clock)
            .currentTimestampFunction(c -> clock.next(), TimeUnit.NANOSECONDS)
            .build());
  }

  @Setup
  public void setUp() {
    locked = CircuitBreaker.of("locked", within(LOCKED).build());
    free = CircuitBreaker.of("free", within(FREE).build());
    countedLocked = counted(LOCKED);
    countedFree = counted(FREE);
    givenLocked = given(LOCKED);
    givenFree = given(FREE);
    open = CircuitBreaker.of("open", within(LOCKED).build());
    open.transitionToOpenState();
    openWithoutTrace =
        CircuitBreaker.of("bare", within(LOCKED).writableStackTraceEnabled(false).build());
    openWithoutTrace.transitionToOpenState();

    Retry retry = Retry.of("retry", RetryConfig.custom().maxAttempts(3).build());
    retried = Retry.decorateSupplier(retry, CircuitBreaker.decorateSupplier(locked, call));
    threads = Executors.newSingleThreadExecutor();
    TimeLimiter limit = TimeLimiter.of(Duration.ofSeconds(1));
    Callable<Integer> limited =
        TimeLimiter.decorateFutureSupplier(limit, () -> threads.submit(() -> work(1)));
    timed = Retry.decorateCallable(retry, CircuitBreaker.decorateCallable(locked, limited));
  }

  @TearDown
  public void tearDown() {
    threads.shutdownNow();
  }

  @Benchmark
  public int alone_java() {
    return work(1);
  }

  @Benchmark
  public int closed_r4jLocked() {
    return locked.executeSupplier(call);
  }

  @Benchmark
  public int closed_r4jFree() {
    return free.executeSupplier(call);
  }

  @Benchmark
  public int counted_r4jLocked() {
    return countedLocked.executeSupplier(call);
  }

  @Benchmark
  public int counted_r4jFree() {
    return countedFree.executeSupplier(call);
  }

  private static int byPermission(CircuitBreaker breaker) {
    breaker.acquirePermission();
    long start = breaker.getCurrentTimestamp();
    int value = work(1);
    breaker.onSuccess(breaker.getCurrentTimestamp() - start, breaker.getTimestampUnit());
    return value;
  }

  @Benchmark
  public int given_r4jLocked() {
    return byPermission(givenLocked);
  }

  @Benchmark
  public int given_r4jFree() {
    return byPermission(givenFree);
  }

  @Benchmark
  public boolean rejected_r4j() {
    if (open.tryAcquirePermission()) throw new IllegalStateException("the circuit is not open");
    return true;
  }

  private Object thrownBy(CircuitBreaker breaker) {
    try {
      breaker.executeSupplier(call);
    } catch (CallNotPermittedException rejected) {
      return rejected;
    }
    throw new IllegalStateException("the circuit is not open");
  }

  @Benchmark
  public Object thrown_r4j() {
    return thrownBy(open);
  }

  @Benchmark
  public Object thrown_r4jBare() {
    return thrownBy(openWithoutTrace);
  }

  @Benchmark
  public int retried_r4j() {
    return retried.get();
  }

  @Benchmark
  public int timed_r4j() throws Exception {
    return timed.call();
  }
}
