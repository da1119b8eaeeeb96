using System.Text;
using LocalDapr.Runtime.Jobs;
using Xunit;

namespace LocalDapr.Runtime.Tests.Jobs;

public sealed class JobJsonTests
{
    [Theory]
    [InlineData("{\"a\":[1,\"ü\"]}")]
    [InlineData("null")]
    [InlineData("5")]
    public void Any_JSON_comes_out_as_it_was_given(string data)
    {
        var job = JobJson.Read("name", $$"""{"dueTime": "1s", "data": {{data}}}""").Job;

        Assert.Equal(data, Encoding.UTF8.GetString(JobJson.Body(job.Data).Span));
    }

    [Fact]
    public void A_job_shows_what_was_given_under_the_names_of_JSON()
    {
        var job = JobJson.Read("n", """{"schedule": "@daily", "due_time": "1s", "data": 1, "failure_policy": {"constant": {"max_retries": 2}}}""").Job;

        Assert.Equal(
            """{"name":"n","schedule":"@daily","dueTime":"1s","failurePolicy":{"constant":{"maxRetries":2}},"data":{"@type":"type.googleapis.com/google.protobuf.Value","value":1}}""",
            JobJson.Write(job));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"repeats": -1}""")]
    [InlineData("""{"failurePolicy": {"constant": {"interval": "100ms"}}}""")]
    public void What_is_no_job_is_a_malformed_request(string body) =>
        Assert.Equal("ERR_MALFORMED_REQUEST", Assert.Throws<DaprError>(() => JobJson.Read("n", body)).Code);
}
