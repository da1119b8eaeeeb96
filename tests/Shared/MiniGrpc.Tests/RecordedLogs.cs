using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MiniGrpc.Tests;

/// <summary>Keeps what a server logged as warning or worse.</summary>
internal sealed class RecordedLogs : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<Entry> _entries = new();

    public IEnumerable<Entry> Errors => _entries;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _entries.Enqueue(new(formatter(state, exception), exception));
        }
    }

    public void Dispose()
    {
    }

    internal sealed record Entry(string Text, Exception? Exception);
}
