using System.Text.RegularExpressions;
using Xunit;

namespace Tidy;

/// <summary>The rules of the house style that a reader would otherwise have to watch for.</summary>
public sealed partial class SourceTests
{
    /// <summary>Files over the limit, each with its reason.</summary>
    private static readonly Dictionary<string, string> LongFiles = [];

    private static readonly (string Pattern, string Folder, string Why)[] Banned =
    [
        (@"Thread\.Sleep\(", "src", "wait on a condition or await Task.Delay"),
        (@"Thread\.Sleep\(", "tests", "tests wait on conditions"),
        (@"async void ", "src", "a fault would end the process"),
        (@"\.GetAwaiter\(\)\.GetResult\(\)", "src/Services", "blocks a pool thread"),
        (@"new SocketsHttpHandler\b|new HttpClient\(\)|new HttpClient\s*\{|HttpClient \w+ = new\(\)", "src/Services", "ServiceDefaults.OutgoingHttp makes the handlers"),
        (@"NotImplementedException", "src", "no stub is called done"),
        (@"\b(TODO|FIXME|HACK)\b", "src", "file an issue instead"),
        (@"\b(TODO|FIXME|HACK)\b", "tests", "file an issue instead"),
        (@"^\s*#region", "src", "split the file instead"),
        (@"DateTime\.(Utc)?Now|Guid\.NewGuid\(|Random\.Shared|Environment\.Get|Task\.Run\(", "src/Services/Ordering/Saga/OrderSaga.cs", "a workflow must replay the same"),
    ];

    [Fact]
    public void No_source_file_is_over_400_lines()
    {
        var tooLong = Repository.Files("*.cs", "src", "tests")
            .Select(file => (Name: Repository.Relative(file), Lines: File.ReadLines(file).Count()))
            .Where(file => file.Lines > 400 && !LongFiles.ContainsKey(file.Name));

        Assert.Empty(tooLong.Select(file => $"{file.Name}: {file.Lines} lines"));
    }

    [Fact]
    public void No_banned_call_is_made()
    {
        var found = new List<string>();
        foreach (var (pattern, folder, why) in Banned)
        {
            var banned = new Regex(pattern, RegexOptions.Compiled | RegexOptions.Multiline);
            foreach (var file in FilesOf(folder).Where(file => !file.EndsWith("SourceTests.cs", StringComparison.Ordinal)))
                found.AddRange(File.ReadLines(file).Select((line, i) => (line, i)).Where(l => banned.IsMatch(l.line))
                    .Select(l => $"{Repository.Relative(file)}:{l.i + 1} {l.line.Trim()} ({why})"));
        }

        Assert.Empty(found);
    }

    [Fact]
    public void Program_files_of_services_are_contents_pages()
    {
        var tooLong = Repository.Files("Program.cs", "src/Services").Where(file => File.ReadLines(file).Count() > 60);

        Assert.Empty(tooLong.Select(Repository.Relative));
    }

    [Fact]
    public void Nothing_tracked_names_a_registry_or_a_path_of_a_machine()
    {
        var found = Repository.Files("*", "src", "tests").Concat(Directory.EnumerateFiles(Repository.Root))
            .Where(file => Path.GetExtension(file) is ".cs" or ".json" or ".sh" or ".md" or ".yaml" or ".csproj" or ".props" or ".mjs")
            .Where(file => !file.EndsWith("SourceTests.cs", StringComparison.Ordinal) && MachineText().IsMatch(File.ReadAllText(file)));

        Assert.Empty(found.Select(Repository.Relative));
    }

    private static IEnumerable<string> FilesOf(string place)
    {
        var path = Path.Combine(Repository.Root, place);
        return File.Exists(path) ? [path] : Directory.Exists(path) ? Repository.Files("*.cs", place) : [];
    }

    [GeneratedRegex(@"/work/|/root/|registry\.npmjs|api\.nuget\.org|deb\.debian")]
    private static partial Regex MachineText();
}
