using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace DaprOrders.Customers.Tokens;

/// <summary>The issuer's ES256 key, kept in the data folder, so that tokens stay valid over a restart. Its file is readable by its owner only.</summary>
internal sealed class SigningKey : IDisposable
{
    private readonly ECDsa ecdsa = ECDsa.Create();

    public SigningKey(string folder)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "token-key.pem");
        if (File.Exists(file))
        {
            ecdsa.ImportFromPem(File.ReadAllText(file));
        }
        else
        {
            ecdsa.GenerateKey(ECCurve.NamedCurves.nistP256);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(file + ".new", options))
            {
                stream.Write(System.Text.Encoding.ASCII.GetBytes(ecdsa.ExportPkcs8PrivateKeyPem()));
                stream.Flush(flushToDisk: true);
            }

            File.Move(file + ".new", file);
        }

        var parameters = ecdsa.ExportParameters(includePrivateParameters: false);
        KeyId = Base64UrlEncoder.Encode(SHA256.HashData(parameters.Q.X!)[..12]);
        Credentials = new SigningCredentials(new ECDsaSecurityKey(ecdsa) { KeyId = KeyId }, SecurityAlgorithms.EcdsaSha256);
        Jwks = JsonSerializer.SerializeToUtf8Bytes(new
        {
            keys = new[] { new { kty = "EC", use = "sig", alg = "ES256", crv = "P-256", kid = KeyId, x = Base64UrlEncoder.Encode(parameters.Q.X), y = Base64UrlEncoder.Encode(parameters.Q.Y) } },
        });
    }

    public string KeyId { get; }

    public SigningCredentials Credentials { get; }

    public byte[] Jwks { get; }

    public void Dispose() => ecdsa.Dispose();
}
