using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace LocalDapr.Runtime.Hosting;

/// <summary>
/// Reads the heads of the requests of an HTTP/1.1 connection before Kestrel does, for two things that it keeps from us. A request line
/// with an escaped NUL is refused by Kestrel itself: here %7F, as forbidden a character, is written in its place, and the request
/// refused in Dapr's words. And of 'Connection: close, x' Kestrel leaves 'close' alone: here the whole value is kept.
/// Only what arrives between two requests is looked at: a body is never touched.
/// </summary>
internal sealed class RequestHeads(PipeReader inner) : PipeReader
{
    private volatile bool _inRequest;
    private volatile bool _hadNul;

    /// <summary>The Connection header of the present request, when it lists several names.</summary>
    public string? Connection { get; private set; }

    /// <summary>First in the pipeline: refuses what had a NUL, and tells the reader where a request begins and ends.</summary>
    public static async Task FollowAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<RequestHeads>() is not { } heads)
        {
            await next(context);
            return;
        }
        heads._inRequest = true;
        try
        {
            if (heads._hadNul) await RefuseAsync(context);
            else await next(context);
        }
        finally
        {
            (heads._hadNul, heads.Connection, heads._inRequest) = (false, null, false);
        }
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(cancellationToken);
        if (!_inRequest) Look(read.Buffer);
        return read;
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result)) return false;
        if (!_inRequest) Look(result.Buffer);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private static async Task RefuseAsync(HttpContext context)
    {
        if (Invocation.InvocationEndpoints.Target(context) is { } target)
            await DaprErrors.InvokeFailed(target.AppId, "the method name holds a NUL character").WriteAsync(context.Response);
        else
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
    }

    private void Look(ReadOnlySequence<byte> buffer)
    {
        var head = buffer.IsSingleSegment ? buffer.FirstSpan : buffer.ToArray();
        var end = head.IndexOf("\r\n\r\n"u8);
        if (end >= 0) head = head[..end];
        if (head.IndexOf("%00"u8) >= 0) ReplaceNul(buffer, head);
        var name = head.IndexOf("onnection:"u8);
        if (name > 0 && head[name - 1] is (byte)'C' or (byte)'c' && (name == 1 || head[name - 2] == '\n')) Keep(head[(name + 10)..]);
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\r');
        var value = end < 0 ? rest : rest[..end];
        if (value.Contains((byte)',')) Connection = Encoding.ASCII.GetString(value);
    }

    // Kestrel decodes request lines in the memory of the pipe as well. What follows a question mark is no path.
    private void ReplaceNul(ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> head)
    {
        var end = head.IndexOfAny((byte)'\r', (byte)'?');
        var path = end < 0 ? head : head[..end];
        for (int found, from = 0; (found = path[from..].IndexOf("%00"u8)) >= 0; from += found + 3)
        {
            Write(buffer.Slice(from + found + 1, 2), "7F"u8);
            _hadNul = true;
        }
    }

    private static void Write(ReadOnlySequence<byte> place, ReadOnlySpan<byte> bytes)
    {
        foreach (var memory in place)
        {
            bytes[..memory.Length].CopyTo(MemoryMarshal.AsMemory(memory).Span);
            bytes = bytes[memory.Length..];
        }
    }
}
