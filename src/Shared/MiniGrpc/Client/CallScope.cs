using MiniGrpc.Wire;

namespace MiniGrpc.Client;

/// <summary>Why a call may stop early: the caller's token, the deadline, or its disposal; and which of them it was.</summary>
internal sealed class CallScope : IDisposable
{
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource? _source;
    private readonly CancellationTokenRegistration _registration;
    private volatile bool _disposing;

    public CallScope(CallOptions options, TimeProvider time, bool alwaysCancellable)
    {
        _caller = options.Cancellation;
        if (options.Timeout is { } timeout)
        {
            // A deadline that passed before the call began still goes through the one path that reports it.
            _source = new(timeout > TimeSpan.Zero ? GrpcTimeout.Clamp(timeout) : TimeSpan.FromTicks(1), time);
        }
        else if (alwaysCancellable)
        {
            _source = new();
        }

        if (_source is not null)
        {
            _registration = _caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
        }

        Token = _source?.Token ?? _caller;
    }

    public CancellationToken Token { get; }

    public void Cancel()
    {
        _disposing = true;
        _source?.Cancel();
    }

    /// <summary>What to throw for a failure of the transport: the reason of ours that caused it, if one did.</summary>
    public Exception Translate(Exception failure)
    {
        if (_caller.IsCancellationRequested)
        {
            return new OperationCanceledException("The call was cancelled.", failure, _caller);
        }

        if (_disposing)
        {
            return new RpcException(StatusCode.Cancelled, "The call was disposed.", inner: failure);
        }

        return Token.IsCancellationRequested
            ? new RpcException(StatusCode.DeadlineExceeded, "The deadline passed before the call was complete.", inner: failure)
            : CallErrors.ToRpcException(failure);
    }

    public void Dispose()
    {
        _registration.Dispose();
        _source?.Dispose();
    }
}
