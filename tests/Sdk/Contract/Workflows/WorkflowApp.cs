using Dapr.Workflow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Sdk.Contract.Workflows;

/// <summary>An application with workflows on a real sidecar, shared by the tests of a class: each takes instances of its own.</summary>
public sealed class WorkflowApp : IAsyncLifetime
{
    private LocalSidecar sidecar = null!;
    private IHost host = null!;

    public DaprWorkflowClient Client => host.Services.GetRequiredService<DaprWorkflowClient>();

    public string SidecarAddress => $"http://127.0.0.1:{sidecar.GrpcPort}";

    internal Notes Notes => host.Services.GetRequiredService<Notes>();

    public async ValueTask InitializeAsync()
    {
        sidecar = await LocalSidecar.StartAsync();
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([
            new("DAPR_GRPC_ENDPOINT", $"http://127.0.0.1:{sidecar.GrpcPort}"), new("DAPR_HTTP_ENDPOINT", $"http://127.0.0.1:{sidecar.HttpPort}")]);
        builder.Logging.ClearProviders();
        var notes = new Notes();
        builder.Logging.AddProvider(notes);
        builder.Services.AddSingleton(notes);
        builder.Services.AddScoped<ScopeOfRun>();
        builder.Services.AddDaprWorkflow(options =>
        {
            Steps.Register(options);
            Shapes.Register(options);
        });
        host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
    }

    public async Task<WorkflowState> RunAsync<TInput>(string workflow, TInput input, string? id = null)
    {
        id = await Client.ScheduleNewWorkflowAsync(workflow, id, input);
        return await EndAsync(id);
    }

    public async Task<WorkflowState> EndAsync(string id) =>
        (await Client.WaitForWorkflowCompletionAsync(id, cancellation: TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60)))!;

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
        await sidecar.DisposeAsync();
    }
}

/// <summary>What activities and loggers of workflows noted, by whom.</summary>
public sealed class Notes : ILoggerProvider
{
    private readonly List<(string Who, string What)> all = [];

    public void Add(string who, string what)
    {
        lock (all) all.Add((who, what));
    }

    public string[] Of(string who)
    {
        lock (all) return [.. all.Where(note => note.Who == who).Select(note => note.What)];
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(Notes notes, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            notes.Add(category, formatter(state, exception));
    }
}
