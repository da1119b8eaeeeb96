using Microsoft.Extensions.Logging;

namespace LocalDapr.Cli.Logs;

/// <summary>The log of the process on standard output, one line an entry. Safe for any number of writers.</summary>
internal sealed class ConsoleLog(LogLevel least, Action<string, string> writeLine) : ILoggerProvider, ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the console is the only sink");

    public void Dispose()
    {
        // Nothing is held.
    }

    /// <summary>daprd's words for levels.</summary>
    public static LogLevel Parse(string level) => level.ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.Debug,
        "WARN" or "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "FATAL" => LogLevel.Critical,
        _ => LogLevel.Information,
    };

    private sealed class Logger(ConsoleLog log, string category) : ILogger
    {
        // Kestrel's own chatter is no news; what it cannot do reaches us as exceptions. Were the log of requests on at any level, the
        // host would make an Activity and a scope for each, which costs a few percent of a request.
        private readonly LogLevel _least = category switch
        {
            "Microsoft.AspNetCore.Hosting.Diagnostics" => LogLevel.None,
            _ when category.StartsWith("Microsoft.", StringComparison.Ordinal) => LogLevel.Error,
            _ => log.Least,
        };

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _least;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var reason = exception is null ? "" : $": {(log.Least <= LogLevel.Debug ? exception.ToString() : exception.Message)}";
            log.Write(category, $"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {Word(logLevel)} {formatter(state, exception)}{reason}");
        }

        private static string Word(LogLevel level) => level switch
        {
            LogLevel.Debug or LogLevel.Trace => "debug",
            LogLevel.Information => "info ",
            LogLevel.Warning => "warn ",
            _ => "ERROR",
        };
    }

    private LogLevel Least => least;

    private void Write(string category, string line) => writeLine(category, line);
}
