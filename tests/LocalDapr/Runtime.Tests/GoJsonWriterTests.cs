using System.Text;
using System.Text.Json;
using Xunit;

namespace LocalDapr.Runtime.Tests;

public sealed class GoJsonWriterTests
{
    [Theory]
    [InlineData("""  { "b" : [ 1 , 1.0, 1e3, -0 ] , "a" : { } , "" : null }""", """{"":null,"a":{},"b":[1,1.0,1e3,-0]}""")]
    [InlineData("""{"a":{"x":1},"b":true,"a":{"y":2},"a":{"z":[]}}""", """{"a":{"z":[]},"b":true}""")]
    [InlineData("""{"\u0061":1,"a":2,"<":3,"\\":4}""", """{"\u003c":3,"\\":4,"a":2}""")]
    [InlineData("""["<&>","\u003c\u0026\u003e","'/\/+"]""", """["\u003c\u0026\u003e","\u003c\u0026\u003e","'//+"]""")]
    [InlineData("""["\u0000\u0008\u0009\u000A\u000b\f\u000d\u001F\"\\\u0022"]""", """["\u0000\b\t\n\u000b\f\r\u001f\"\\\""]""")]
    [InlineData("[\"\u2028\u2029\u2027\u202a\"]", "[\"\\u2028\\u2029\u2027\u202a\"]")]
    [InlineData("""["\u2028\ud83d\ude00\u00e9\u3000"]""", "[\"\\u2028😀é\u3000\"]")]
    public void A_value_is_written_as_Go_writes_it(string given, string expected) => Assert.Equal(expected, Canonical(given));

    [Theory]
    [InlineData("😀 ü 猫 \u00a0 \u3000 \u007f \u0085 \ufeff \ue000")]
    [InlineData("plain 'text' /")]
    public void Other_scripts_and_signs_stay_as_they_are(string text) => Assert.Equal($"\"{text}\"", Canonical($"\"{text}\""));

    [Theory]
    [InlineData("""["ab\ud83d"]""", "[\"ab\ufffd\"]")]
    [InlineData("""["\ud83dx","\ude00\ud83d","\ud83d\u0041","\ud83d\ud83d\ude00"]""", "[\"\ufffdx\",\"\ufffd\ufffd\",\"\ufffdA\",\"\ufffd😀\"]")]
    [InlineData("""{"\ud83d":1,"\ude00":2}""", "{\"\ufffd\":2}")]
    public void Half_a_surrogate_pair_is_U_FFFD(string given, string expected) => Assert.Equal(expected, Canonical(given));

    [Fact]
    public void Each_byte_that_is_no_UTF_8_is_U_FFFD()
    {
        using var document = JsonDocument.Parse((byte[])[(byte)'"', 0xF0, 0x9F, (byte)'\\', (byte)'n', 0xC3, 0xA9, 0xFF, (byte)'"']);

        Assert.Equal("\"\ufffd\ufffd\\né\ufffd\"", Encoding.UTF8.GetString(GoJsonWriter.Canonical(document.RootElement).Span));
    }

    // In the order of chars the emoji would come first.
    [Fact]
    public void Names_are_in_the_order_of_their_bytes() => Assert.Equal("{\"Z\":1,\"a\":2,\"ﬀ\":3,\"😀\":4}", Canonical("{\"😀\":4,\"a\":2,\"ﬀ\":3,\"Z\":1}"));

    [Theory]
    [InlineData("[", "1", "]")]
    [InlineData("""{"b":""", "2", ""","a":[]}""")]
    public void Depth_is_limited_by_the_parser_alone(string open, string value, string close)
    {
        string Nested(int depth) => string.Concat(Enumerable.Repeat(open, depth)) + value + string.Concat(Enumerable.Repeat(close, depth));

        Assert.Equal(Nested(9_999).Length, Canonical(Nested(9_999)).Length);
        Assert.True(GoJsonWriter.IsJson(Encoding.UTF8.GetBytes(Nested(9_999))));
        Assert.ThrowsAny<JsonException>(() => Canonical(Nested(10_001)));
        Assert.False(GoJsonWriter.IsJson(Encoding.UTF8.GetBytes(Nested(10_001))));
    }

    [Theory]
    [InlineData("1 2", false)]
    [InlineData("{", false)]
    [InlineData("", false)]
    [InlineData(" [1] ", true)]
    public void One_whole_value_is_JSON(string text, bool expected) => Assert.Equal(expected, GoJsonWriter.IsJson(Encoding.UTF8.GetBytes(text)));

    private static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json, GoJsonWriter.DocumentOptions);
        return Encoding.UTF8.GetString(GoJsonWriter.Canonical(document.RootElement).Span);
    }
}
