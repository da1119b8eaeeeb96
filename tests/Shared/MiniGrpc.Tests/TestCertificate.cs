using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MiniGrpc.Tests;

/// <summary>A self-signed certificate for the loopback address, valid for an hour.</summary>
internal sealed class TestCertificate : IDisposable
{
    private TestCertificate(X509Certificate2 withKey) => WithKey = withKey;

    public X509Certificate2 WithKey { get; }

    public string Pem => WithKey.ExportCertificatePem();

    public string KeyPem => WithKey.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    /// <summary>For a client that trusts this certificate alone.</summary>
    public SslClientAuthenticationOptions Trusted
    {
        get
        {
            var policy =
                new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(Pem));
            return new() { CertificateChainPolicy = policy };
        }
    }

    public static TestCertificate Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return new(request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddHours(1)));
    }

    public void Dispose() => WithKey.Dispose();
}
