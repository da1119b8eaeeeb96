namespace LocalDapr.Runtime.Resiliency;

/// <summary>
/// Timeout, retry and circuit breaker of one target, in Dapr's order: the timeout counts for each attempt, the breaker sees each
/// attempt, the retry goes around both. Safe for any number of callers.
/// </summary>
internal sealed record ResiliencyPolicy(TimeSpan? Timeout, RetryPolicy? Retry, CircuitBreaker? Breaker, TimeProvider Time)
{
    public static ResiliencyPolicy None { get; } = new(null, null, null, TimeProvider.System);

    public bool IsNone => Timeout is null && Retry is null && Breaker is null;

    /// <summary>Runs the work under the policy; any exception but the caller's own cancellation is a failure.</summary>
    public ValueTask<T> ExecuteAsync<T>(Func<CancellationToken, ValueTask<T>> work, CancellationToken cancellation) =>
        IsNone ? work(cancellation) : ExecuteAsync(work, static _ => null, static _ => true, cancellation);

    /// <summary>
    /// As above, for work whose result may be a failure: <paramref name="failure"/> gives the status of a failed result (null: it is
    /// none), which retries may be limited to. The last result is handed out as it is. <paramref name="retriable"/> may refuse retries.
    /// </summary>
    public async ValueTask<T> ExecuteAsync<T>(
        Func<CancellationToken, ValueTask<T>> work,
        Func<T, Failure?> failure,
        Func<Exception?, bool> retriable,
        CancellationToken cancellation)
    {
        for (var retries = 0; ; retries++)
        {
            var (result, status, error) = await AttemptAsync(work, failure, cancellation);
            if (error is null && status is null) return result!;
            var again = Retry is not null && error is not CircuitOpenException && retriable(error)
                && Retry.Allows(retries, status ?? Failure.OfException(error!));
            if (!again)
            {
                if (error is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
                return result!;
            }
            (result as IDisposable)?.Dispose();
            await Task.Delay(Retry!.Pause(retries), Time, cancellation);
        }
    }

    private async ValueTask<(T? Result, Failure? Status, Exception? Error)> AttemptAsync<T>(
        Func<CancellationToken, ValueTask<T>> work, Func<T, Failure?> failure, CancellationToken cancellation)
    {
        if (Breaker is not null && !Breaker.TryEnter()) return (default, null, new CircuitOpenException());
        using var limit = Timeout is null ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit?.CancelAfter(Timeout!.Value);
        try
        {
            var result = await work(limit?.Token ?? cancellation);
            var status = failure(result);
            Breaker?.Leave(status is null);
            return (result, status, null);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Breaker?.Leave(succeeded: true); // the caller's wish says nothing of the target
            throw;
        }
        catch (OperationCanceledException error) when (limit is { IsCancellationRequested: true })
        {
            Breaker?.Leave(succeeded: false);
            return (default, null, new TimeoutException("context deadline exceeded", error));
        }
        catch (Exception error)
        {
            Breaker?.Leave(succeeded: false);
            return (default, null, error);
        }
    }
}

/// <summary>The status of a failed attempt, as far as there is one.</summary>
internal readonly record struct Failure(int? HttpStatus, int? GrpcStatus)
{
    public static Failure OfException(Exception error) => error is MiniGrpc.RpcException rpc ? new(null, (int)rpc.StatusCode) : default;
}

/// <summary>Refused without an attempt.</summary>
internal sealed class CircuitOpenException() : Exception("circuit breaker is open");
