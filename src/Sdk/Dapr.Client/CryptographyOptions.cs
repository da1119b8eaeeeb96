using System.Runtime.Serialization;

namespace Dapr.Client;

#pragma warning disable CA1069 // aliases of the official SDK

/// <summary>The cipher that the data is encrypted with.</summary>
public enum DataEncryptionCipher
{
    /// <summary>AES-GCM.</summary>
    [EnumMember(Value = "aes-gcm")]
    AesGcm,

    /// <summary>ChaCha20-Poly1305.</summary>
    [EnumMember(Value = "chacha20-poly1305")]
    ChaCha20Poly1305,
}

/// <summary>How the data's own key is wrapped by the vault's.</summary>
public enum KeyWrapAlgorithm
{
    /// <summary>As <see cref="A256kw"/>.</summary>
    [EnumMember(Value = "A256KW")]
    Aes,

    /// <summary>AES key wrap, 256 bits.</summary>
    [EnumMember(Value = "A256KW")]
    A256kw,

    /// <summary>AES-CBC, 128 bits.</summary>
    [EnumMember(Value = "A128CBC")]
    A128cbc,

    /// <summary>AES-CBC, 192 bits.</summary>
    [EnumMember(Value = "A192CBC")]
    A192cbc,

    /// <summary>AES-CBC, 256 bits.</summary>
    [EnumMember(Value = "A256CBC")]
    A256cbc,

    /// <summary>As <see cref="RsaOaep256"/>.</summary>
    [EnumMember(Value = "RSA-OAEP-256")]
    Rsa,

    /// <summary>RSA-OAEP with SHA-256.</summary>
    [EnumMember(Value = "RSA-OAEP-256")]
    RsaOaep256,
}

/// <summary>How data is encrypted.</summary>
public class EncryptionOptions(KeyWrapAlgorithm keyWrapAlgorithm)
{
    private int block = DecryptionOptions.DefaultBlockBytes;

    /// <summary>How the data's own key is wrapped by the vault's.</summary>
    public KeyWrapAlgorithm KeyWrapAlgorithm { get; set; } = keyWrapAlgorithm;

    /// <summary>How much is sent to the sidecar at a time.</summary>
    public int StreamingBlockSizeInBytes
    {
        get => block;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            block = value;
        }
    }

    /// <summary>The key that the ciphertext names for its decryption; none when null.</summary>
    public string? DecryptionKeyName { get; set; }

    /// <summary>The cipher that the data is encrypted with.</summary>
    public DataEncryptionCipher EncryptionCipher { get; set; } = DataEncryptionCipher.AesGcm;
}

/// <summary>How data is decrypted.</summary>
public class DecryptionOptions
{
    internal const int DefaultBlockBytes = 4 * 1024;
    private int block = DefaultBlockBytes;

    /// <summary>How much is sent to the sidecar at a time.</summary>
    public int StreamingBlockSizeInBytes
    {
        get => block;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            block = value;
        }
    }
}
