using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Gateway.Tests.Running;
using DaprOrders.ServiceDefaults;
using Xunit;

namespace DaprOrders.Gateway.Tests.Contract;

public sealed class AsyncApiTests(RunningGateway gateway) : IClassFixture<RunningGateway>
{
    [Fact]
    public async Task Every_event_of_the_HTTP_interface_is_a_message_on_the_bus()
    {
        var document = await DocumentAsync();
        var types = gateway.Contract.Document.GetProperty("components").GetProperty("schemas").GetProperty("StoredEvent").GetProperty("properties").GetProperty("type").GetProperty("enum");

        var messages = document.GetProperty("components").GetProperty("messages").EnumerateObject().ToList();

        Assert.Equal("3.0.0", document.GetProperty("asyncapi").GetString());
        Assert.Equal(types.EnumerateArray().Select(type => type.GetString()).Order(), messages.Select(message => message.Value.GetProperty("name").GetString()).Order());
        foreach (var channel in document.GetProperty("channels").EnumerateObject())
        {
            Assert.Equal(channel.Name, channel.Value.GetProperty("address").GetString());
            Assert.Equal(messages.Select(message => message.Name).Order(), channel.Value.GetProperty("messages").EnumerateObject().Select(message => message.Name).Order());
        }
    }

    [Fact]
    public async Task An_event_as_Ordering_publishes_it_is_what_the_document_says()
    {
        var document = await DocumentAsync();
        var schemas = new Schemas(document.GetRawText());
        var accepted = document.GetProperty("components").GetProperty("messages").GetProperty("accepted").GetProperty("payload");
        var order = Some.Order();
        var data = new OrderEvent("order-1", "demo", 1, Some.Noon, "accepted", null, "none", order.Total, order.Items, "a note");

        Assert.Equal("", schemas.Faults(accepted, Published("accepted", data)));
        Assert.NotEqual("", schemas.Faults(accepted, Published("confirmed", data)));
        Assert.NotEqual("", schemas.Faults(accepted, Published("accepted", data with { Total = null })));
        Assert.NotEqual("", schemas.Faults(accepted, Published("accepted", data with { Status = "confirmed" })));
        Assert.NotEqual("", schemas.Faults(accepted, Published("accepted", data with { PaymentStatus = "paid" })));
    }

    [Fact]
    public async Task Its_references_lead_somewhere_and_its_examples_are_what_their_schemas_say()
    {
        var document = await DocumentAsync();
        var schemas = new Schemas(document.GetRawText());
        var examples = 0;

        foreach (var operation in document.GetProperty("operations").EnumerateObject())
        {
            var channel = operation.Value.GetProperty("channel").GetProperty("$ref").GetString()!;
            Assert.True(document.GetProperty("channels").TryGetProperty(channel["#/channels/".Length..], out _), channel);
        }

        foreach (var message in document.GetProperty("components").GetProperty("messages").EnumerateObject().Where(message => message.Value.TryGetProperty("examples", out _)))
        foreach (var example in message.Value.GetProperty("examples").EnumerateArray())
        {
            Assert.Equal("", schemas.Faults(message.Value.GetProperty("payload"), example.GetProperty("payload")));
            examples++;
        }

        Assert.NotEqual(0, examples);
    }

    private async Task<JsonElement> DocumentAsync() => (await gateway.SendAsync("GET", "/asyncapi.json")).Json;

    private static JsonElement Published(string name, OrderEvent data) => JsonSerializer.SerializeToElement(new
    {
        Specversion = "1.0", Id = $"{data.OrderId}:{data.Version}", Source = "/ordering", Type = $"com.daprorders.order.{name}.v1", Subject = data.OrderId, Data = data,
    }, Defaults.Json);
}
