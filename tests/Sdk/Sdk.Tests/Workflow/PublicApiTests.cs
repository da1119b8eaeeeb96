using Dapr.Workflow;
using Xunit;

namespace Sdk.Tests.Workflow;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_api_is_the_reviewed_one() => PublicApi.MustBe(typeof(WorkflowContext).Assembly, "PublicApi.txt");
}
