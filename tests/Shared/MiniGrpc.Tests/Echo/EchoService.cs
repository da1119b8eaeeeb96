using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Routing;

namespace MiniGrpc.Tests.Echo;

/// <summary>The service of echo.proto. Metadata named echo-… comes back in the headers, and as trailing-echo-… in the trailers.</summary>
internal sealed class EchoService
{
    private readonly Channel<string> _cancelled = Channel.CreateUnbounded<string>();
    private readonly Channel<string> _hanging = Channel.CreateUnbounded<string>();

    /// <summary>The text of each hanging call, once its cancellation has reached the handler.</summary>
    public ChannelReader<string> Cancelled => _cancelled.Reader;

    /// <summary>The text of each hanging call, once its handler hangs.</summary>
    public ChannelReader<string> Hanging => _hanging.Reader;

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapUnary(EchoMethods.Say, SayAsync);
        endpoints.MapServerStreaming(EchoMethods.Expand, ExpandAsync);
        endpoints.MapClientStreaming(EchoMethods.Collect, CollectAsync);
        endpoints.MapDuplex(EchoMethods.Chat, ChatAsync);
    }

    private async ValueTask<Reply> SayAsync(Ask ask, ServerCall call)
    {
        await BeginAsync(call);
        await ObeyAsync(ask, call);
        return ReplyTo(ask, 0, call);
    }

    private async Task ExpandAsync(Ask ask, IGrpcWriter<Reply> replies, ServerCall call)
    {
        await BeginAsync(call);
        for (var i = 0; i < ask.Times; i++)
        {
            await replies.WriteAsync(ReplyTo(ask, i, call));
        }

        await ObeyAsync(ask, call);
    }

    private async Task<Reply> CollectAsync(IGrpcReader<Ask> asks, ServerCall call)
    {
        await BeginAsync(call);
        var reply = new Reply { RemainingMs = RemainingMs(call) };
        await foreach (var ask in asks.ReadAllAsync())
        {
            await ObeyAsync(ask, call);
            reply.Text += ask.Text;
            reply.Number++;
            reply.TotalBytes += ask.Payload.Length;
        }

        return reply;
    }

    private async Task ChatAsync(IGrpcReader<Ask> asks, IGrpcWriter<Reply> replies, ServerCall call)
    {
        await BeginAsync(call);
        var number = 0;
        await foreach (var ask in asks.ReadAllAsync())
        {
            await ObeyAsync(ask, call);
            await replies.WriteAsync(ReplyTo(ask, number++, call));
        }
    }

    private static async Task BeginAsync(ServerCall call)
    {
        var headers = new Metadata();
        foreach (var (name, value) in call.RequestHeaders.Where(entry => entry.Key.StartsWith("echo-", StringComparison.Ordinal)))
        {
            if (name.EndsWith("-bin", StringComparison.Ordinal))
            {
                headers.Add(name, call.RequestHeaders.GetBinary(name)!);
                call.ResponseTrailers.Add($"trailing-{name}", call.RequestHeaders.GetBinary(name)!);
            }
            else
            {
                headers.Add(name, value);
                call.ResponseTrailers.Add($"trailing-{name}", value);
            }
        }

        if (headers.Count > 0)
        {
            await call.SendHeadersAsync(headers);
        }
    }

    private async ValueTask ObeyAsync(Ask ask, ServerCall call)
    {
        if (ask.Hang)
        {
            var cancelled = new TaskCompletionSource();
            await using var registration = call.Cancellation.Register(cancelled.SetResult);
            _hanging.Writer.TryWrite(ask.Text);
            await cancelled.Task;
            _cancelled.Writer.TryWrite(ask.Text);
            call.Cancellation.ThrowIfCancellationRequested();
        }

        if (ask.Fail is { } fail)
        {
            var trailers = new Metadata();
            if (!fail.Details.IsEmpty)
            {
                trailers.Add("grpc-status-details-bin", fail.Details.Memory);
            }

            throw new RpcException((StatusCode)fail.Code, fail.Message, trailers);
        }
    }

    private static Reply ReplyTo(Ask ask, int number, ServerCall call) => new()
    {
        Text = ask.Text,
        Payload = ask.ReplyBytes > 0 ? ByteString.CopyFrom(new byte[ask.ReplyBytes]) : ask.Payload,
        Number = number,
        RemainingMs = RemainingMs(call),
    };

    private static long RemainingMs(ServerCall call) =>
        call.Deadline is { } deadline ? (long)Math.Ceiling((deadline - DateTimeOffset.UtcNow).TotalMilliseconds) : 0;
}
