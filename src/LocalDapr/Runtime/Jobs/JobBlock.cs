using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Storage;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Jobs;

/// <summary>
/// The jobs API of one app. Jobs outlive sidecar and machine in a file of the user, as Dapr's scheduler keeps them for a machine; it is made
/// when it is first needed.
/// </summary>
internal sealed class JobBlock(Sidecar sidecar) : IBuildingBlock, IDisposable
{
    private readonly SemaphoreSlim _opening = new(1);
    private volatile JobStore? _store;
    private JobRunner? _runner;
    private bool _started;

    private string File => Path.Combine(sidecar.Options.DataFolder, "jobs.db");

    public void MapHttp(IEndpointRouteBuilder http) => http.MapJobsHttp(this);

    public void MapGrpc(IEndpointRouteBuilder grpc) => grpc.MapJobsGrpc(this);

    public async ValueTask StartAsync(CancellationToken cancellation)
    {
        await _opening.WaitAsync(cancellation);
        try
        {
            _started = true;
            if (_store is not null) StartRunner(_store);
        }
        finally
        {
            _opening.Release();
        }
        if (System.IO.File.Exists(File)) await OpenAsync(cancellation);
    }

    public ValueTask DrainAsync(CancellationToken limit) => StopAsync(limit);

    public async ValueTask StopAsync(CancellationToken cancellation)
    {
        _started = false;
        if (_runner is not null) await _runner.StopAsync(cancellation);
    }

    public void Dispose()
    {
        _runner?.Dispose();
        _opening.Dispose();
    }

    public async ValueTask ScheduleAsync(ScheduleJobRequest request, CancellationToken cancellation)
    {
        if (request.Job is not { } job) throw DaprErrors.JobMissing();
        RequireName(job.Name);
        if (!job.HasSchedule && !job.HasDueTime) throw DaprErrors.JobScheduleEmpty();
        JobTimes times;
        try
        {
            times = JobTimes.Of(job, sidecar.Host.Time.GetUtcNow());
        }
        catch (Exception error) when (error is FormatException or ArgumentOutOfRangeException or OverflowException)
        {
            throw DaprErrors.JobSchedule(error.Message);
        }
        job.FailurePolicy = StoredJob.PolicyOf(job);
#pragma warning disable CA5394 // Tells two jobs of one name apart; no secret.
        var stored = new StoredJob(job, Random.Shared.NextInt64(), times.FirstDue, times.Ends);
#pragma warning restore CA5394
        var store = await OpenAsync(cancellation);
        if (!await store.SaveAsync(stored, request.Overwrite, cancellation)) throw DaprErrors.JobExists(job.Name);
        _runner?.Wake();
    }

    public async ValueTask<Job> GetAsync(string name, CancellationToken cancellation)
    {
        RequireName(name);
        return (await OpenAsync(cancellation)).Find(name) ?? throw DaprErrors.JobNotFound(name);
    }

    public async ValueTask<List<Job>> ListAsync(CancellationToken cancellation) => (await OpenAsync(cancellation)).List();

    public async ValueTask DeleteAsync(string name, CancellationToken cancellation)
    {
        RequireName(name);
        await (await OpenAsync(cancellation)).DeleteAsync(name, cancellation);
    }

    public async ValueTask DeletePrefixAsync(string prefix, CancellationToken cancellation) =>
        await (await OpenAsync(cancellation)).DeletePrefixAsync(prefix, cancellation);

    private static void RequireName(string name)
    {
        if (name.Length == 0) throw DaprErrors.JobNameEmpty();
    }

    private async ValueTask<JobStore> OpenAsync(CancellationToken cancellation)
    {
        if (_store is { } open) return open;
        await _opening.WaitAsync(cancellation);
        try
        {
            if (_store is { } opened) return opened;
            var app = $"{sidecar.Options.Namespace}||{sidecar.Options.AppId}";
            var store = new JobStore(sidecar.Host.Databases.Get(File), app, ProcessOwner.New());
            await store.OpenAsync(cancellation);
            if (_started) StartRunner(store);
            return _store = store;
        }
        finally
        {
            _opening.Release();
        }
    }

    // Without an app jobs wait for one: for a sidecar of the same app id that has it.
    private void StartRunner(JobStore store)
    {
        if (!sidecar.App.Exists || sidecar.Stopping.IsCancellationRequested) return;
        _runner = new JobRunner(store, new AppJobs(sidecar.App).DeliverAsync, sidecar.App.Health.WaitAsync, sidecar.Host.Time, sidecar.NewLog("jobs"));
        _runner.Start();
    }
}
