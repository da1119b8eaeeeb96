using System.Text;
using Dapr.Client;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using MiniGrpc;
using Xunit;

#pragma warning disable DAPR_DISTRIBUTEDLOCK, DAPR_CRYPTOGRAPHY // what is tested

namespace Sdk.Contract.Client;

public sealed class ExperimentalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lock_is_taken_and_given_back()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s =>
        {
            s.Answer(DaprMethods.TryLockAlpha1, request => new Dapr.Protocol.Runtime.V1.TryLockResponse { Success = request.LockOwner == "me" });
            s.Answer(DaprMethods.UnlockAlpha1, request => new Dapr.Protocol.Runtime.V1.UnlockResponse
            {
                Status = request.LockOwner == "me" ? Dapr.Protocol.Runtime.V1.UnlockResponse.Types.Status.Success : Dapr.Protocol.Runtime.V1.UnlockResponse.Types.Status.LockBelongsToOthers,
            });
        });

        Assert.True((await sidecar.Client.Lock("locks", "resource", "me", 60, Cancellation)).Success);
        Assert.False((await sidecar.Client.Lock("locks", "resource", "you", 60, Cancellation)).Success);
        Assert.Equal(LockStatus.LockBelongsToOthers, (await sidecar.Client.Unlock("locks", "resource", "you", Cancellation)).status);
        Assert.Equal(LockStatus.Success, (await sidecar.Client.Unlock("locks", "resource", "me", Cancellation)).status);
        await Assert.ThrowsAsync<ArgumentException>(() => sidecar.Client.Lock("locks", "resource", "me", 0, Cancellation));
    }

    [Fact]
    public async Task Data_is_encrypted_and_decrypted_in_blocks()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s => s.Map(app =>
        {
            app.MapDuplex(DaprMethods.EncryptAlpha1, async (reader, writer, call) =>
            {
                while (await reader.ReadAsync(call.Cancellation) is (true, { } request))
                {
                    if (request.Options is { } first) await writer.WriteAsync(new EncryptResponse { Payload = Piece($"{first.ComponentName}/{first.KeyName}/{first.KeyWrapAlgorithm}/{first.DataEncryptionCipher}/{first.OmitDecryptionKeyName}:") });
                    await writer.WriteAsync(new EncryptResponse { Payload = Piece($"{request.Payload.Seq}={request.Payload.Data.ToStringUtf8()};") });
                }
            });
            app.MapDuplex(DaprMethods.DecryptAlpha1, async (reader, writer, call) =>
            {
                while (await reader.ReadAsync(call.Cancellation) is (true, { } request))
                    await writer.WriteAsync(new DecryptResponse { Payload = Piece($"{request.Options?.KeyName}{request.Payload.Data.ToStringUtf8()}") });
            });
        }));
        var options = new EncryptionOptions(KeyWrapAlgorithm.Rsa) { StreamingBlockSizeInBytes = 3 };

        var secret = await sidecar.Client.EncryptAsync("vault", Encoding.UTF8.GetBytes("abcdefgh"), "key", options, Cancellation);
        var plain = await sidecar.Client.DecryptAsync("vault", Encoding.UTF8.GetBytes("xyz"), "key", Cancellation);

        Assert.Equal("vault/key/RSA-OAEP-256/aes-gcm/True:0=abc;1=def;2=gh;", Encoding.UTF8.GetString(secret.Span));
        Assert.Equal("keyxyz", Encoding.UTF8.GetString(plain.Span));
    }

    private static StreamPayload Piece(string text) => new() { Data = ByteString.CopyFromUtf8(text) };
}
