using System.Diagnostics;
using LocalDapr.Runtime.Storage;
using Xunit;

namespace LocalDapr.Runtime.Tests.Storage;

public sealed class ProcessOwnerTests
{
    [Fact]
    public void Two_owners_of_one_process_differ_and_live()
    {
        var (one, two) = (ProcessOwner.New(), ProcessOwner.New());

        Assert.NotEqual(one, two);
        Assert.False(ProcessOwner.IsGone(one));
    }

    [Fact]
    public async Task An_owner_is_gone_with_its_process_and_not_before()
    {
        using var process = Process.Start("sleep", "60");
        var owner = ProcessOwner.New(process.Id);
        Assert.False(ProcessOwner.IsGone(owner));

        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(ProcessOwner.IsGone(owner));
    }

    [Fact]
    public void Another_process_of_the_same_number_is_not_the_owner()
    {
        var parts = ProcessOwner.New().Split('/');
        parts[3] = "1";

        Assert.True(ProcessOwner.IsGone(string.Join('/', parts)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789abcdef")]
    public void An_owner_nobody_can_read_counts_as_alive(string owner) => Assert.False(ProcessOwner.IsGone(owner));

    [Fact]
    public void An_owner_of_another_container_counts_as_alive_and_one_of_an_earlier_boot_does_not()
    {
        var parts = ProcessOwner.New().Split('/');

        Assert.False(ProcessOwner.IsGone(string.Join('/', parts[0], "pid:[1]", parts[2], "1", parts[4])));
        Assert.True(ProcessOwner.IsGone(string.Join('/', "an-earlier-boot", parts[1], parts[2], parts[3], parts[4])));
    }
}
