using System.Text;
using System.Text.Json;
using Dapr.Common.Serialization;
using Xunit;

namespace Sdk.Contract.Workflows;

public sealed class SerializerTests
{
    private static readonly JsonDaprSerializer Serializer = new();

    [Fact]
    public void Text_and_bytes_are_the_same_json_and_nothing_is_empty()
    {
        Assert.Equal("""{"orderId":7}""", Serializer.Serialize<object>(new { OrderId = 7 }));
        Assert.Equal("""{"orderId":7}""", Encoding.UTF8.GetString(Serializer.SerializeToUtf8Bytes<object>(new { OrderId = 7 })));
        Assert.Equal("", Serializer.Serialize<object?>(null));
        Assert.Empty(Serializer.SerializeToUtf8Bytes<object?>(null));
        Assert.Null(Serializer.Deserialize<int?>(""));
        Assert.Null(Serializer.DeserializeFromUtf8Bytes<int?>([]));
        Assert.Equal(7, Serializer.DeserializeFromUtf8Bytes<int>("7"u8));
    }

    [Fact]
    public void Its_options_are_the_callers()
    {
        var serializer = new JsonDaprSerializer(new JsonSerializerOptions());

        Assert.Equal("""{"OrderId":7}""", serializer.Serialize(new { OrderId = 7 }));
    }
}
