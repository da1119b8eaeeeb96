using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Resiliency;

/// <summary>
/// The policies of the Resiliency resources of a sidecar, by target. A target without a policy of its own takes Dapr's default
/// names. Policies are made once per target, so that a circuit breaker keeps its count.
/// </summary>
internal sealed class ResiliencyRegistry
{
    private readonly TimeProvider _time;
    private readonly Dictionary<string, TimeSpan> _timeouts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RetryPolicy> _retries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CircuitBreakerSpec> _breakers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonObject> _targets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Target, string Part), ResiliencyPolicy> _policies = new();

    private readonly string _source;

    private ResiliencyRegistry(TimeProvider time, string source) => (_time, _source) = (time, source);

    public static ResiliencyRegistry Load(IReadOnlyList<Resource> resources, string appId, TimeProvider time)
    {
        var own = resources.Where(r => r.Kind == "Resiliency" && r.IsFor(appId)).ToList();
        var registry = new ResiliencyRegistry(time, string.Join('\n', own.Select(r => r.Body.ToJsonString())));
        foreach (var resource in own) registry.Add(resource);
        return registry;
    }

    /// <summary>
    /// The policies of changed resources; these ones, with their breakers' counts, when none of them is about resiliency or one is wrong.
    /// </summary>
    public ResiliencyRegistry Reload(IReadOnlyList<Resource> resources, string appId, ILogger log)
    {
        try
        {
            var changed = Load(resources, appId, _time);
            return changed._source == _source ? this : changed;
        }
        catch (StartupException error)
        {
            log.LogError("{Reason} The policies stay as they were.", error.Message);
            return this;
        }
    }

    /// <summary>A circuit breaker is per app and method.</summary>
    public ResiliencyPolicy App(string appId, string method) =>
        Policy($"app/{appId}", method, ["DefaultApp{0}Policy", "Default{0}Policy"]);

    /// <summary>Whether a policy names the type itself, as opposed to a default policy for all.</summary>
    public bool NamesActor(string type) => _targets.ContainsKey($"actor/{type}");

    /// <summary>A circuit breaker is per type, or per id where its scope says so.</summary>
    public ResiliencyPolicy Actor(string type, string id)
    {
        var scope = _targets.GetValueOrDefault($"actor/{type}")?["circuitBreakerScope"].Text() ?? "type";
        return Policy($"actor/{type}", scope == "type" ? "" : id, ["DefaultActor{0}Policy", "Default{0}Policy"]);
    }

    /// <summary>Calls to the back end of a component.</summary>
    public ResiliencyPolicy ComponentOutbound(Component component) => Component(component, "outbound", "Outbound");

    /// <summary>Deliveries from a component to the app.</summary>
    public ResiliencyPolicy ComponentInbound(Component component) => Component(component, "inbound", "Inbound");

    /// <summary>A retry of Dapr itself, for where no policy counts.</summary>
    public ResiliencyPolicy BuiltIn(RetryPolicy retry) => new(null, retry, null, _time);

    private ResiliencyPolicy Component(Component component, string direction, string suffix)
    {
        var kind = component.Category switch
        {
            "state" => "Statestore",
            "pubsub" => "Pubsub",
            "bindings" => "Binding",
            "secretstores" => "Secretstore",
            "lock" => "Lock",
            _ => "Configuration",
        };
        return Policy($"component/{component.Name}/{direction}", "",
            [$"Default{kind}Component{suffix}{{0}}Policy", $"DefaultComponent{suffix}{{0}}Policy", "DefaultComponent{0}Policy", "Default{0}Policy"]);
    }

    private ResiliencyPolicy Policy(string target, string part, string[] defaults)
    {
        if (_timeouts.Count == 0 && _retries.Count == 0 && _breakers.Count == 0) return ResiliencyPolicy.None;
        return _policies.TryGetValue((target, part), out var known)
            ? known
            : _policies.GetOrAdd((target, part), _ => Make(_targets.GetValueOrDefault(target), defaults));
    }

    private ResiliencyPolicy Make(JsonObject? target, string[] defaults)
    {
        var timeout = Pick(_timeouts, target?["timeout"].Text(), "Timeout", defaults, out var duration) ? duration : (TimeSpan?)null;
        var retry = Pick(_retries, target?["retry"].Text(), "Retry", defaults, out var policy) ? policy : null;
        var breaker = Pick(_breakers, target?["circuitBreaker"].Text(), "CircuitBreaker", defaults, out var spec) ? new CircuitBreaker(spec!, _time) : null;
        return timeout is null && retry is null && breaker is null ? ResiliencyPolicy.None : new ResiliencyPolicy(timeout, retry, breaker, _time);
    }

    // A name that no policy has counts as none, as in daprd.
    private static bool Pick<T>(Dictionary<string, T> policies, string? name, string kind, string[] defaults, out T? found)
    {
        if (name is { Length: > 0 }) return policies.TryGetValue(name, out found);
        foreach (var pattern in defaults)
            if (policies.TryGetValue(pattern.Replace("{0}", kind, StringComparison.Ordinal), out found))
                return true;
        found = default;
        return false;
    }

    private void Add(Resource resource)
    {
        var policies = resource.Spec["policies"].Object();
        foreach (var (name, value) in policies?["timeouts"].Object() ?? []) _timeouts[name] = Duration(value, resource, name);
        foreach (var (name, value) in policies?["retries"].Object() ?? []) _retries[name] = Retry(value.Object() ?? [], resource, name);
        foreach (var (name, value) in policies?["circuitBreakers"].Object() ?? []) _breakers[name] = Breaker(value.Object() ?? [], resource, name);
        var targets = resource.Spec["targets"].Object();
        foreach (var (id, value) in targets?["apps"].Object() ?? []) Target($"app/{id}", value);
        foreach (var (type, value) in targets?["actors"].Object() ?? []) Target($"actor/{type}", value);
        foreach (var (name, value) in targets?["components"].Object() ?? [])
            foreach (var (direction, policy) in value.Object() ?? [])
                Target($"component/{name}/{direction.ToLowerInvariant()}", policy);
    }

    private void Target(string key, JsonNode? value)
    {
        if (value is JsonObject target) _targets[key] = target;
    }

    private static RetryPolicy Retry(JsonObject spec, Resource resource, string name) => new()
    {
        Exponential = spec["policy"].Text() == "exponential",
        Duration = spec["duration"] is { } duration ? Duration(duration, resource, name) : TimeSpan.FromSeconds(5),
        MaxInterval = spec["maxInterval"] is { } interval ? Duration(interval, resource, name) : TimeSpan.FromSeconds(60),
        MaxRetries = int.TryParse(spec["maxRetries"].Text(), out var max) ? max : -1,
        HttpStatusCodes = RetryPolicy.Ranges(spec["matching"].Object()?["httpStatusCodes"].Text()),
        GrpcStatusCodes = RetryPolicy.Ranges(spec["matching"].Object()?["gRPCStatusCodes"].Text()),
    };

    private static CircuitBreakerSpec Breaker(JsonObject spec, Resource resource, string name) => new(
        int.TryParse(spec["maxRequests"].Text(), out var max) && max > 0 ? max : 1,
        spec["interval"] is { } interval ? Duration(interval, resource, name) : TimeSpan.Zero,
        spec["timeout"] is { } timeout ? Duration(timeout, resource, name) : TimeSpan.FromSeconds(60),
        spec["trip"].Text() is { Length: > 0 } trip ? TripCondition.Parse(trip) : TripCondition.Default);

    private static TimeSpan Duration(JsonNode? value, Resource resource, string name) => GoDuration.TryParse(value.Text(), out var duration)
        ? duration
        : throw new StartupException($"resiliency {resource.Name} in {resource.File}: policy {name}: '{value.Text()}' is no duration");
}
