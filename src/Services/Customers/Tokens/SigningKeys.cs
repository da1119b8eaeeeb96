using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace DaprOrders.Customers.Tokens;

/// <summary>
/// The issuer's ES256 keys, files in the data folder that only their owner reads, so that tokens stay valid over a restart. A new key is published for a
/// while before it signs, and an old one for longer than any token that it signed lives: whoever checks tokens never meets one whose key he cannot have.
/// A file "token-key*.pem" that somebody puts there is taken up like one made here. Safe for concurrent use.
/// </summary>
internal sealed class SigningKeys : IDisposable
{
    /// <summary>Longer than the Gateway waits between two looks at the published keys.</summary>
    public static readonly TimeSpan PublishedBefore = TimeSpan.FromSeconds(30);

    /// <summary>The longest life of a token, and something for clocks.</summary>
    public static readonly TimeSpan PublishedAfter = TimeSpan.FromSeconds(3600 + 300);

    private readonly string folder;
    private readonly TimeSpan lifetime;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private Published published = new([], []);

    public SigningKeys(string folder, TimeSpan lifetime, TimeProvider time)
    {
        (this.folder, this.lifetime, this.time) = (folder, lifetime, time);
        Directory.CreateDirectory(folder);
        Tend();
    }

    /// <summary>The newest key that everybody had time to see; in the beginning the only one.</summary>
    public SigningCredentials Credentials
    {
        get
        {
            var known = published.Keys; // oldest first
            var key = known.LastOrDefault(k => time.GetUtcNow() - k.Since >= PublishedBefore) ?? known[0];
            return new SigningCredentials(key.Security, SecurityAlgorithms.EcdsaSha256);
        }
    }

    public byte[] Jwks => published.Jwks;

    /// <summary>Takes up new files, makes a new key when the newest is too old, forgets those that no living token names.</summary>
    public void Tend()
    {
        lock (gate)
        {
            var keys = Read();
            if (keys.Count == 0 || time.GetUtcNow() - keys[^1].Since >= lifetime) keys.Add(Make(isFirst: keys.Count == 0));
            for (var i = keys.Count - 2; i >= 0; i--)
            {
                if (time.GetUtcNow() - keys[i + 1].Since < PublishedBefore + PublishedAfter) continue;
                File.Delete(keys[i].File);
                keys.RemoveAt(i);
            }

            published = new(keys, JwksOf(keys));
        }
    }

    public void Dispose()
    {
        foreach (var key in published.Keys) key.Ecdsa.Dispose();
    }

    private List<Key> Read()
    {
        var isStart = published.Keys.Count == 0;
        var read = new List<Key>();
        foreach (var file in Directory.GetFiles(folder, "token-key*.pem"))
        {
            var ecdsa = ECDsa.Create();
            ecdsa.ImportFromPem(File.ReadAllText(file));
            var id = IdOf(ecdsa);
            if (published.Keys.FirstOrDefault(known => known.Id == id) is { } already)
            {
                ecdsa.Dispose();
                read.Add(already);
                continue;
            }

            read.Add(KeyOf(file, ecdsa, isStart ? File.GetLastWriteTimeUtc(file) : time.GetUtcNow()));
        }

        // One whose file is gone, or replaced by the platform, is still named by living tokens.
        read.AddRange(published.Keys.Where(known => read.All(key => key.Id != known.Id)));
        return [.. read.OrderBy(key => key.Since)];
    }

    private Key Make(bool isFirst)
    {
        var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = time.GetUtcNow();
        var file = Path.Combine(folder, isFirst ? "token-key.pem" : $"token-key-{now.ToUnixTimeMilliseconds()}.pem");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(file + ".new", options))
        {
            stream.Write(Encoding.ASCII.GetBytes(ecdsa.ExportPkcs8PrivateKeyPem()));
            stream.Flush(flushToDisk: true);
        }

        File.SetLastWriteTimeUtc(file + ".new", now.UtcDateTime);
        File.Move(file + ".new", file, overwrite: true);
        return KeyOf(file, ecdsa, now);
    }

    private static Key KeyOf(string file, ECDsa ecdsa, DateTimeOffset since)
    {
        var id = IdOf(ecdsa);
        return new(id, file, ecdsa, new ECDsaSecurityKey(ecdsa) { KeyId = id }, since);
    }

    private static string IdOf(ECDsa ecdsa) => Base64UrlEncoder.Encode(SHA256.HashData(ecdsa.ExportParameters(includePrivateParameters: false).Q.X!)[..12]);

    private static byte[] JwksOf(List<Key> keys) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        keys = keys.Select(key => (key.Id, key.Ecdsa.ExportParameters(includePrivateParameters: false).Q)).Select(key => new
        {
            kty = "EC", use = "sig", alg = "ES256", crv = "P-256", kid = key.Id, x = Base64UrlEncoder.Encode(key.Q.X), y = Base64UrlEncoder.Encode(key.Q.Y),
        }),
    });

    private sealed record Key(string Id, string File, ECDsa Ecdsa, ECDsaSecurityKey Security, DateTimeOffset Since);

    private sealed record Published(IReadOnlyList<Key> Keys, byte[] Jwks);
}
