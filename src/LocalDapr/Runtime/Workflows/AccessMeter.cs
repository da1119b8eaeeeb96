using System.Diagnostics.Metrics;
using LocalDapr.Engine.Hub;

namespace LocalDapr.Runtime.Workflows;

/// <summary>What an access policy answers other apps, under the names and with the labels that daprd has. Costs nothing while nobody listens.</summary>
internal sealed class AccessMeter : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _allowed;
    private readonly Counter<long> _denied;

    public AccessMeter(string appId)
    {
        _meter = new Meter(new MeterOptions("LocalDapr.WorkflowAccess") { Tags = [new("app_id", appId)] });
        _allowed = _meter.CreateCounter<long>("dapr_runtime_workflow_acl_action_allowed_total");
        _denied = _meter.CreateCounter<long>("dapr_runtime_workflow_acl_action_denied_total");
    }

    public void Dispose() => _meter.Dispose();

    public void Answered(AppAccess access, bool isAllowed)
    {
        var (type, operation) = AccessPolicy.Terms(access.Operation);
        (isAllowed ? _allowed : _denied).Add(1, new("src_app_id", access.CallerApp), new("operation", operation), new("type", type));
    }
}
