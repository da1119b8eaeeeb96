using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace MiniGrpc.Tests.Interop;

/// <summary>A client of @grpc/grpc-js in its own process: it makes the calls it is asked for and tells how they ended.</summary>
internal sealed class GrpcJsClient : IAsyncDisposable
{
    private readonly NodeProcess _node;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonObject>> _calls = new();
    private readonly Task _reading;
    private int _lastId;

    private GrpcJsClient(NodeProcess node)
    {
        _node = node;
        _reading = ReadAsync();
    }

    public static async Task<GrpcJsClient> StartAsync(Uri server, JsonObject? options = null, string? root = null)
    {
        var settings = new JsonObject { ["target"] = server.Authority, ["options"] = options ?? [], ["root"] = root };
        return new GrpcJsClient(await NodeProcess.StartAsync("client.mjs", settings));
    }

    /// <summary>Fields of <paramref name="call"/>: asks, metadata, deadline_ms, times (see client.mjs).</summary>
    public async Task<Outcome> CallAsync(string method, JsonObject call) => new(await (await BeginAsync(method, call)).Outcome);

    public Task<Outcome> AskAsync(string method, params JsonObject[] asks) =>
        CallAsync(method, new JsonObject { ["asks"] = new JsonArray(asks) });

    public async Task<(int Id, Task<JsonObject> Outcome)> BeginAsync(string method, JsonObject call)
    {
        var id = Interlocked.Increment(ref _lastId);
        var outcome = _calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        (call["id"], call["method"]) = (id, method);
        await _node.WriteAsync(call);
        return (id, outcome.Task);
    }

    public Task CancelAsync(int id) => _node.WriteAsync(new JsonObject { ["id"] = id, ["cancel"] = true });

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _reading;
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var line in _node.Lines.ReadAllAsync(CancellationToken.None))
            {
                if (line["id"] is { } id)
                {
                    _calls[(int)id].SetResult(line);
                }
            }
        }
        catch (InvalidOperationException ended)
        {
            foreach (var call in _calls.Values)
            {
                call.TrySetException(ended);
            }
        }
    }

    internal sealed record Outcome(JsonObject Told)
    {
        public StatusCode Status => (StatusCode)(int)Told["code"]!;

        public string Details => (string)Told["details"]!;

        public IReadOnlyList<JsonNode> Replies => [.. Told["replies"]!.AsArray().Select(reply => reply!)];

        public IEnumerable<string> Texts => Replies.Select(reply => (string)reply["text"]!);

        public string? Header(string name) => Value("headers", name);

        public string? Trailer(string name) => Value("trailers", name);

        private string? Value(string part, string name) =>
            (string?)Told[part]?.AsArray().FirstOrDefault(entry => (string?)entry![0] == name)?[1];
    }
}
