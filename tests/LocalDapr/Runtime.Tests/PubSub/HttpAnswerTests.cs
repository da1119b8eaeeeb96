using System.Text;
using LocalDapr.Runtime.PubSub.Delivery;
using Xunit;

namespace LocalDapr.Runtime.Tests.PubSub;

public sealed class HttpAnswerTests
{
    [Theory]
    [InlineData(200, "", "Success")]
    [InlineData(204, "thanks", "Success")]
    [InlineData(200, "{\"status\":\"SUCCESS\"}", "Success")]
    [InlineData(200, "{\"status\":\"success\"}", "Retry")]
    [InlineData(200, "{\"status\":\"RETRY\"}", "Retry")]
    [InlineData(200, "{\"status\":\"DROP\"}", "Drop")]
    [InlineData(200, "{\"status\":7}", "Success")]
    [InlineData(404, "", "Drop")]
    [InlineData(500, "{\"status\":\"SUCCESS\"}", "Retry")]
    public void Status_and_body_decide_what_becomes_of_a_message(int status, string body, string outcome) =>
        Assert.Equal(outcome, HttpAnswer.Read(status, Encoding.UTF8.GetBytes(body)).ToString());

    [Fact]
    public void An_entry_that_a_bulk_answer_does_not_name_is_tried_again()
    {
        var body = """{"statuses":[{"entryId":"a","status":"SUCCESS"},{"entryId":"b","status":"DROP"},{"entryId":"c"}]}"""u8.ToArray();

        var outcomes = HttpAnswer.ReadBulk(200, body, ["a", "b", "c", "d"]);

        Assert.Equal([Outcome.Success, Outcome.Drop, Outcome.Retry, Outcome.Retry], outcomes);
    }
}
