using Google.Protobuf;

namespace MiniGrpc.Tests;

internal static class Some
{
    /// <summary>A token for all that a test waits for: what has not come within a minute will not come.</summary>
    public static CancellationToken Patience()
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(Xunit.TestContext.Current.CancellationToken);
        source.CancelAfter(TimeSpan.FromMinutes(1));
        return source.Token;
    }

    /// <summary>Bytes that no compression makes smaller, the same in every run.</summary>
    public static ByteString Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(17).NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }

    public static async Task<RpcException> FailureOf(Task call) => await Xunit.Assert.ThrowsAsync<RpcException>(() => call);

    public static Task<RpcException> FailureOf<T>(ValueTask<T> call) => FailureOf(call.AsTask());

    public static Task<RpcException> FailureOf(ValueTask call) => FailureOf(call.AsTask());
}
