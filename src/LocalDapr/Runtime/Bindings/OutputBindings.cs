using LocalDapr.Runtime.Bindings.Output;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Bindings;

/// <summary>The output bindings of one sidecar.</summary>
internal sealed class OutputBindings(Sidecar sidecar) : IDisposable
{
    private readonly OpenComponents<Target> _bindings = new(sidecar, "bindings");
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        UseCookies = false, ActivityHeadersPropagator = null, ConnectCallback = MiniGrpc.TcpConnect.OpenAsync,
    }.KeepHeaderBytes());

    /// <summary>Throws <see cref="StartupException"/> for a component whose metadata are wrong.</summary>
    public ValueTask OpenAsync() => _bindings.UpdateAsync(component =>
    {
        IOutputBinding? binding = component.Type switch
        {
            "bindings.http" => new HttpBinding(component, _http),
            "bindings.localstorage" => new LocalStorageBinding(component),
            _ => null,
        };
        var wanted = binding is not null && component.Get("direction", "output").Contains("output", StringComparison.Ordinal);
        return ValueTask.FromResult(wanted ? new Target(component, binding!) : null);
    });

    /// <summary>Throws the <see cref="DaprError"/> that the caller is told; metadata go to <paramref name="known"/> even then.</summary>
    public async ValueTask<BindingResponse> InvokeAsync(
        string name, BindingRequest request, Action<IReadOnlyDictionary<string, string>>? known, CancellationToken cancellation)
    {
        var target = _bindings.Find(name) ?? throw DaprErrors.OutputBinding(name, $"couldn't find output binding {name}");
        if (request.Operation.Length == 0) throw DaprErrors.OutputBinding(name, "operation field is missing from request");
        try
        {
            var response = await sidecar.Resiliency.ComponentOutbound(target.Component)
                .ExecuteAsync(ct => target.Binding.InvokeAsync(request, ct), cancellation);
            known?.Invoke(response.Metadata);
            return response;
        }
        catch (Exception error) when (error is BindingException or TimeoutException or Resiliency.CircuitOpenException)
        {
            if (error is BindingException failed) known?.Invoke(failed.Metadata);
            throw DaprErrors.OutputBinding(name, error.Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private sealed record Target(Component Component, IOutputBinding Binding);
}
