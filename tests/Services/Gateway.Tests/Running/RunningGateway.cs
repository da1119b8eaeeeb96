using System.Net.Http.Headers;
using System.Text;
using DaprOrders.Gateway.Placing;
using DaprOrders.Gateway.Tests.Contract;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace DaprOrders.Gateway.Tests.Running;

/// <summary>
/// The Gateway as it is, on Kestrel, with a sidecar of ours behind it. Every answer that a test gets has been held against the OpenAPI document that
/// this Gateway serves: its status, its headers, its type and its body.
/// </summary>
public class RunningGateway : IAsyncLifetime
{
    private readonly Dictionary<string, string> settings;
    private readonly Factory factory;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    public RunningGateway() : this([])
    {
    }

    internal RunningGateway(Dictionary<string, string> settings)
    {
        this.settings = settings;
        Sidecar = new FakeSidecar(Issuer);
        factory = new Factory(this);
    }

    internal Issuer Issuer { get; } = new();
    internal SettableTime Time { get; } = new();
    internal FakeSidecar Sidecar { get; }
    internal OpenApiContract Contract { get; private set; } = null!;
    internal IServiceProvider Services => factory.Services;
    internal Uri Address { get; private set; } = null!;
    internal Uri GrpcAddress { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Sidecar.StartAsync();
        factory.UseKestrel();
        factory.StartServer();
        var addresses = factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        (Address, GrpcAddress) = (new Uri(addresses[0]), new Uri(addresses[1]));
        Contract = new OpenApiContract(await http.GetStringAsync(new Uri(Address, "/openapi/v1.json")));
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await factory.DisposeAsync();
        await Sidecar.DisposeAsync();
        Issuer.Dispose();
        GC.SuppressFinalize(this);
    }

    internal string Customer(string id = "demo") => Issuer.Token(id, "customer");

    internal string Operator() => Issuer.Token("operator", "operator");

    internal static HttpRequestMessage Request(string verb, string path, string? token = null, string? body = null, string? key = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(path, UriKind.Relative));
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (key is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        return request;
    }

    internal Task<Answer> SendAsync(string verb, string path, string? token = null, string? body = null, string? key = null) => SendAsync(Request(verb, path, token, body, key));

    internal async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        var path = request.RequestUri!.OriginalString;
        request.RequestUri = new Uri(Address, request.RequestUri);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var answer = await Answer.OfAsync(response, TestContext.Current.CancellationToken);
        Contract.Check(request.Method.Method, path, answer);
        request.Dispose();
        return answer;
    }

    /// <summary>The answer as soon as its headers are there; for what does not end by itself.</summary>
    internal Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request)
    {
        request.RequestUri = new Uri(Address, request.RequestUri!);
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    private sealed class Factory(RunningGateway gateway) : WebApplicationFactory<Placer>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("DAPRORDERS_PORT", "0").UseSetting("DAPR_HTTP_ENDPOINT", gateway.Sidecar.Address);
            foreach (var (name, value) in gateway.settings) builder.UseSetting(name, value);
            builder.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(gateway.Time));
        }
    }
}
