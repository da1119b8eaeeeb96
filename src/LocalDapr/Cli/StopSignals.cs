using System.Runtime.InteropServices;

namespace LocalDapr.Cli;

/// <summary>SIGTERM, SIGINT and SIGHUP as tasks, instead of the end of the process. Thread-safe.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _insisted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _hungUp = new(0);
    private readonly PosixSignalRegistration[] _registrations;

    /// <param name="hangUpStops">False: SIGHUP means to begin anew, <see cref="HungUpAsync"/>.</param>
    public StopSignals(bool hangUpStops = true) => _registrations =
    [
        .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (signal == PosixSignal.SIGHUP && !hangUpStops) _hungUp.Release();
            else if (!_received.TrySetResult() && signal == PosixSignal.SIGINT) _insisted.TrySetResult();
        })),
    ];

    public Task Received => _received.Task;

    /// <summary>A second Ctrl-C: whoever presses it has waited long enough.</summary>
    public Task Insisted => _insisted.Task;

    /// <summary>Completes with the next SIGHUP, or one that came before and was not awaited.</summary>
    public Task HungUpAsync() => _hungUp.WaitAsync();

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _hungUp.Dispose();
    }
}
