using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Dapr.Common;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using MiniGrpc;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    [Experimental("DAPR_CRYPTOGRAPHY")]
    public override Task<ReadOnlyMemory<byte>> EncryptAsync(
        string vaultResourceName, ReadOnlyMemory<byte> plaintextBytes, string keyName, EncryptionOptions encryptionOptions,
        CancellationToken cancellationToken = default) =>
        CollectAsync(plaintextBytes, plaintext => EncryptAsync(vaultResourceName, plaintext, keyName, encryptionOptions, cancellationToken));

    [Experimental("DAPR_CRYPTOGRAPHY")]
    public override IAsyncEnumerable<ReadOnlyMemory<byte>> EncryptAsync(
        string vaultResourceName, Stream plaintextStream, string keyName, EncryptionOptions encryptionOptions,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(vaultResourceName);
        ArgumentException.ThrowIfNullOrEmpty(keyName);
        ArgumentNullException.ThrowIfNull(plaintextStream);
        ArgumentNullException.ThrowIfNull(encryptionOptions);
        var first = new EncryptRequestOptions
        {
            ComponentName = vaultResourceName,
            KeyName = keyName,
            KeyWrapAlgorithm = ToWire(encryptionOptions.KeyWrapAlgorithm),
            DataEncryptionCipher = ToWire(encryptionOptions.EncryptionCipher),
            OmitDecryptionKeyName = string.IsNullOrWhiteSpace(encryptionOptions.DecryptionKeyName),
            DecryptionKeyName = encryptionOptions.DecryptionKeyName ?? "",
        };
        return TransformAsync(
            DaprMethods.EncryptAlpha1, plaintextStream, encryptionOptions.StreamingBlockSizeInBytes,
            piece => new EncryptRequest { Options = piece.Seq == 0 ? first : null, Payload = piece }, response => response.Payload, cancellationToken);
    }

    [Experimental("DAPR_CRYPTOGRAPHY")]
    public override Task<ReadOnlyMemory<byte>> DecryptAsync(
        string vaultResourceName, ReadOnlyMemory<byte> ciphertextBytes, string keyName, DecryptionOptions options,
        CancellationToken cancellationToken = default) =>
        CollectAsync(ciphertextBytes, ciphertext => DecryptAsync(vaultResourceName, ciphertext, keyName, options, cancellationToken));

    [Experimental("DAPR_CRYPTOGRAPHY")]
    public override Task<ReadOnlyMemory<byte>> DecryptAsync(
        string vaultResourceName, ReadOnlyMemory<byte> ciphertextBytes, string keyName, CancellationToken cancellationToken = default) =>
        DecryptAsync(vaultResourceName, ciphertextBytes, keyName, new DecryptionOptions(), cancellationToken);

    [Experimental("DAPR_CRYPTOGRAPHY")]
    public override IAsyncEnumerable<ReadOnlyMemory<byte>> DecryptAsync(
        string vaultResourceName, Stream ciphertextStream, string keyName, DecryptionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(vaultResourceName);
        ArgumentException.ThrowIfNullOrEmpty(keyName);
        ArgumentNullException.ThrowIfNull(ciphertextStream);
        ArgumentNullException.ThrowIfNull(options);
        var first = new DecryptRequestOptions { ComponentName = vaultResourceName, KeyName = keyName };
        return TransformAsync(
            DaprMethods.DecryptAlpha1, ciphertextStream, options.StreamingBlockSizeInBytes,
            piece => new DecryptRequest { Options = piece.Seq == 0 ? first : null, Payload = piece }, response => response.Payload, cancellationToken);
    }

    [Experimental("DAPR_CRYPTOGRAPHY")]
    public override IAsyncEnumerable<ReadOnlyMemory<byte>> DecryptAsync(
        string vaultResourceName, Stream ciphertextStream, string keyName, CancellationToken cancellationToken = default) =>
        DecryptAsync(vaultResourceName, ciphertextStream, keyName, new DecryptionOptions(), cancellationToken);

    // Sends and reads at the same time: the sidecar answers before it has everything, and stops taking when its answers are not read.
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> TransformAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, Stream source, int blockBytes, Func<StreamPayload, TRequest> ask, Func<TResponse, StreamPayload?> answer,
        [EnumeratorCancellation] CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using var call = channel.Duplex(method, new CallOptions { Headers = headers, Timeout = timeout, Cancellation = cancellation });
        var sending = SendAsync(call, source, blockBytes, ask, cancellation);
        while (await ReadAsync(call, sending, cancellation).ConfigureAwait(false) is { } response)
        {
            if (answer(response) is { Data.IsEmpty: false } piece) yield return piece.Data.Memory;
        }

        await sending.ConfigureAwait(false);
    }

    private static async Task SendAsync<TRequest, TResponse>(
        DuplexCall<TRequest, TResponse> call, Stream source, int blockBytes, Func<StreamPayload, TRequest> ask, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var block = new byte[blockBytes];
        ulong next = 0;
        int count;

        // The first message goes even when the source is empty: it says which key.
        while ((count = await source.ReadAtLeastAsync(block, blockBytes, throwOnEndOfStream: false, cancellation).ConfigureAwait(false)) > 0 || next == 0)
            await call.WriteAsync(ask(new StreamPayload { Data = ByteString.CopyFrom(block, 0, count), Seq = next++ }), cancellation: cancellation).ConfigureAwait(false);
        await call.CompleteAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task<TResponse?> ReadAsync<TRequest, TResponse>(DuplexCall<TRequest, TResponse> call, Task sending, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        try
        {
            var read = call.ReadAsync(cancellation).AsTask();

            // A source that cannot be read would leave the sidecar waiting for the rest of it.
            if (await Task.WhenAny(read, sending).ConfigureAwait(false) == sending && sending is { IsFaulted: true, Exception.InnerException: not RpcException })
                await sending.ConfigureAwait(false);
            return (await read.ConfigureAwait(false)).Message;
        }
        catch (RpcException e)
        {
            throw new DaprException($"Failed to transform data: the Dapr endpoint answered {e.Message}", GrpcEdge.ToCore(e));
        }
    }

    private static async Task<ReadOnlyMemory<byte>> CollectAsync(ReadOnlyMemory<byte> bytes, Func<Stream, IAsyncEnumerable<ReadOnlyMemory<byte>>> transform)
    {
        using var source = new MemoryStream(bytes.ToArray(), writable: false);
        var all = new ArrayBufferWriter<byte>();
        await foreach (var piece in transform(source).ConfigureAwait(false)) all.Write(piece.Span);
        return all.WrittenMemory;
    }

    private static string ToWire(DataEncryptionCipher cipher) => cipher == DataEncryptionCipher.AesGcm ? "aes-gcm" : "chacha20-poly1305";

    private static string ToWire(KeyWrapAlgorithm algorithm) => algorithm switch
    {
        KeyWrapAlgorithm.A128cbc => "A128CBC",
        KeyWrapAlgorithm.A192cbc => "A192CBC",
        KeyWrapAlgorithm.A256cbc => "A256CBC",
        KeyWrapAlgorithm.Rsa or KeyWrapAlgorithm.RsaOaep256 => "RSA-OAEP-256",
        _ => "A256KW",
    };
}
