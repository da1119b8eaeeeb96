using Xunit;

namespace Sdk.Api;

/// <summary>Reviewed text beside a test. With UPDATE_SNAPSHOTS=1 the test writes it anew, and the difference is what a reviewer reads.</summary>
internal static class Snapshot
{
    public static void MustBe(string now, string file)
    {
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1") File.WriteAllText(file, now);

        Assert.Equal(File.Exists(file) ? File.ReadAllText(file) : "", now);
    }
}
