using System.Diagnostics.CodeAnalysis;

namespace Dapr.Client;

public abstract partial class DaprClient
{
    /// <summary>Encrypts bytes with a key of a vault.</summary>
    [Experimental("DAPR_CRYPTOGRAPHY")]
    public abstract Task<ReadOnlyMemory<byte>> EncryptAsync(
        string vaultResourceName, ReadOnlyMemory<byte> plaintextBytes, string keyName, EncryptionOptions encryptionOptions,
        CancellationToken cancellationToken = default);

    /// <summary>Encrypts a stream with a key of a vault; the ciphertext comes in pieces, while the stream is read.</summary>
    [Experimental("DAPR_CRYPTOGRAPHY")]
    public abstract IAsyncEnumerable<ReadOnlyMemory<byte>> EncryptAsync(
        string vaultResourceName, Stream plaintextStream, string keyName, EncryptionOptions encryptionOptions,
        CancellationToken cancellationToken = default);

    /// <summary>Decrypts bytes with a key of a vault.</summary>
    [Experimental("DAPR_CRYPTOGRAPHY")]
    public abstract Task<ReadOnlyMemory<byte>> DecryptAsync(
        string vaultResourceName, ReadOnlyMemory<byte> ciphertextBytes, string keyName, DecryptionOptions options,
        CancellationToken cancellationToken = default);

    /// <summary>Decrypts bytes with a key of a vault.</summary>
    [Experimental("DAPR_CRYPTOGRAPHY")]
    public abstract Task<ReadOnlyMemory<byte>> DecryptAsync(
        string vaultResourceName, ReadOnlyMemory<byte> ciphertextBytes, string keyName, CancellationToken cancellationToken = default);

    /// <summary>Decrypts a stream with a key of a vault; the plaintext comes in pieces, while the stream is read.</summary>
    [Experimental("DAPR_CRYPTOGRAPHY")]
    public abstract IAsyncEnumerable<ReadOnlyMemory<byte>> DecryptAsync(
        string vaultResourceName, Stream ciphertextStream, string keyName, DecryptionOptions options, CancellationToken cancellationToken = default);

    /// <summary>Decrypts a stream with a key of a vault; the plaintext comes in pieces, while the stream is read.</summary>
    [Experimental("DAPR_CRYPTOGRAPHY")]
    public abstract IAsyncEnumerable<ReadOnlyMemory<byte>> DecryptAsync(
        string vaultResourceName, Stream ciphertextStream, string keyName, CancellationToken cancellationToken = default);
}
