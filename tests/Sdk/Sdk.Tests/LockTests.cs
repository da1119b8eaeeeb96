using Dapr.Protocol;
using Sdk.Contract.Client;
using Xunit;
using Wire = Dapr.Protocol.Runtime.V1;

#pragma warning disable DAPR_DISTRIBUTEDLOCK // what is tested

namespace Sdk.Tests;

public sealed class LockTests
{
    // The official one asks a client of its own, made from the environment, which need not be where the lock was taken.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Leaving_a_lock_unlocks_it_where_it_was_taken_if_it_was(bool taken)
    {
        await using var sidecar = await ClientSidecar.StartAsync(s =>
        {
            s.Answer(DaprMethods.TryLockAlpha1, _ => new Wire.TryLockResponse { Success = taken });
            s.Answer(DaprMethods.UnlockAlpha1, _ => new Wire.UnlockResponse());
        });

        await using (await sidecar.Client.Lock("locks", "resource", "me", 60, TestContext.Current.CancellationToken))
            Assert.Empty(sidecar.Asked.OfType<Wire.UnlockRequest>());

        Assert.Equal(taken ? ["resource"] : [], sidecar.Asked.OfType<Wire.UnlockRequest>().Select(request => request.ResourceId));
    }
}
