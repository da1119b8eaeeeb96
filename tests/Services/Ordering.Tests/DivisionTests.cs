using DaprOrders.Ordering.EventStore;
using Xunit;

namespace DaprOrders.Ordering.Tests;

public sealed class DivisionTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(7), InlineData(64), InlineData(100)]
    public void However_many_there_are_every_bucket_finds_an_owner_within_two_turns_and_nobody_has_two_shares(int members)
    {
        var leases = Enumerable.Range(0, 64).Select(bucket => new Lease(bucket, "m0", 1, false, 0)).ToList();

        for (var turn = 0; turn < 2; turn++)
            for (var i = 0; i < members; i++) leases = Apply(leases, $"m{i}", Division.Of(leases, $"m{i}", members));

        Assert.DoesNotContain(leases, lease => lease.Owner.Length == 0);
        Assert.All(leases.GroupBy(lease => lease.Owner), owner => Assert.InRange(owner.Count(), 1, (64 + members - 1) / members));
    }

    [Fact]
    public void What_another_owns_is_taken_only_when_his_time_is_over()
    {
        List<Lease> leases = [new(0, "other", 3, false, 0), new(1, "gone", 3, true, 0)];

        var division = Division.Of(leases, "me", 2);

        Assert.Equal([1], division.Take);
        Assert.Empty(division.Keep);
    }

    private static List<Lease> Apply(List<Lease> leases, string me, Division division) => [.. leases.Select(lease =>
        division.Take.Contains(lease.Bucket) ? lease with { Owner = me, Epoch = lease.Epoch + 1, IsOver = false }
        : division.GiveBack.Contains(lease.Bucket) ? lease with { Owner = "", IsOver = true }
        : lease)];
}
