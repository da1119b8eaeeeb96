using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Bindings.Output;

/// <summary>bindings.http: the operation is the verb, metadata that begin with a capital letter are request headers.</summary>
internal sealed class HttpBinding(Component component, HttpMessageInvoker http) : IOutputBinding
{
    private static readonly HashSet<string> Verbs = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

    private readonly string _url = component.Require("url");
    private readonly bool _refusesFailures = component.Flag("errorIfNot2XX", otherwise: true);

    public async ValueTask<BindingResponse> InvokeAsync(BindingRequest request, CancellationToken cancellation)
    {
        var verb = request.Operation.Equals("create", StringComparison.OrdinalIgnoreCase) ? "POST" : request.Operation.ToUpperInvariant();
        if (!Verbs.Contains(verb)) throw new BindingException($"invalid operation: {request.Operation}");
        using var message = new HttpRequestMessage(new HttpMethod(verb), Target(request));
        if (verb is "POST" or "PUT" or "PATCH" || !request.Data.IsEmpty)
        {
            message.Content = new ReadOnlyMemoryContent(request.Data);
            var contentType = request.Metadata.GetValueOrDefault("Content-Type", "application/json; charset=utf-8");
            message.Content.Headers.TryAddWithoutValidation("Content-Type", HeaderBytes.OfText(contentType));
        }
        foreach (var (name, value) in request.Metadata)
            if (name.Length > 0 && char.IsAsciiLetterUpper(name[0]) && !name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
                message.Headers.TryAddWithoutValidation(name, HeaderBytes.OfText(value));
        if (request.TraceParent is { Length: > 0 } trace) message.Headers.TryAddWithoutValidation("traceparent", trace);
        return await SendAsync(message, RefusesFailures(request), cancellation);
    }

    private async ValueTask<BindingResponse> SendAsync(HttpRequestMessage message, bool refusesFailures, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.SendAsync(message, cancellation);
            var body = await response.Content.ReadAsByteArrayAsync(cancellation);
            var metadata = MetadataOf(response);
            if (!response.IsSuccessStatusCode && refusesFailures)
                throw new BindingException($"received status code {(int)response.StatusCode}") { Metadata = metadata };
            return new BindingResponse(body) { Metadata = metadata };
        }
        catch (HttpRequestException error)
        {
            throw new BindingException(error.Message);
        }
    }

    private Uri Target(BindingRequest request)
    {
        var path = request.Metadata.GetValueOrDefault("path", "");
        return new Uri(path.Length == 0 ? _url : $"{_url.TrimEnd('/')}/{path.TrimStart('/')}");
    }

    private bool RefusesFailures(BindingRequest request) =>
        request.Metadata.TryGetValue("errorIfNot2XX", out var text)
            ? !text.Equals("false", StringComparison.OrdinalIgnoreCase)
            : _refusesFailures;

    private static Dictionary<string, string> MetadataOf(HttpResponseMessage response)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["statusCode"] = ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["status"] = $"{(int)response.StatusCode} {response.ReasonPhrase}",
        };
        foreach (var (name, values) in response.Headers.NonValidated) metadata[name] = HeaderBytes.ToText(string.Join(", ", values));
        foreach (var (name, values) in response.Content.Headers.NonValidated) metadata[name] = HeaderBytes.ToText(string.Join(", ", values));
        return metadata;
    }
}
