using System.Runtime.InteropServices;

namespace LocalDapr.Cli;

/// <summary>SIGTERM, SIGINT and SIGHUP as tasks, instead of the end of the process.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _insisted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
    [
        .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (!_received.TrySetResult() && signal == PosixSignal.SIGINT) _insisted.TrySetResult();
        })),
    ];

    public Task Received => _received.Task;

    /// <summary>A second Ctrl-C: whoever presses it has waited long enough.</summary>
    public Task Insisted => _insisted.Task;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }
}
