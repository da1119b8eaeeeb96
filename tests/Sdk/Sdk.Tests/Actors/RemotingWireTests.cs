using System.Runtime.Serialization;
using System.Text;
using System.Text.Json;
using System.Xml;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Wire;
using Xunit;

namespace Sdk.Tests.Actors;

/// <summary>The wire of typed calls, beside what the official SDK 1.18.7 was seen to send and to answer.</summary>
public sealed class RemotingWireTests
{
    private const string Instance = "xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"";

    [Fact]
    public void Ids_of_interfaces_and_methods_are_the_official_ones()
    {
        Assert.Equal(-1020935260, Remoting.IdOf(typeof(IX)));
        Assert.Equal(640534334, Remoting.IdOf(typeof(IX).GetMethod("One")!));
        Assert.Equal(343911316, Remoting.IdOf(typeof(IX).GetMethod("None")!));
    }

    [Fact]
    public void The_header_is_the_official_one()
    {
        var header = Remoting.Header("T", "a 1", RemotingMethod.Of(typeof(IX).GetMethod("None")!));

        var call = header.IndexOf("<a:CallContext>", StringComparison.Ordinal);
        Assert.Equal(
            "<z:anyType i:type=\"a:ActorHeader\" xmlns:z=\"http://schemas.microsoft.com/2003/10/Serialization/\" xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\""
            + " xmlns:a=\"urn:actors\"><a:MethodId>343911316</a:MethodId><a:InterfaceId>-1020935260</a:InterfaceId>"
            + "<a:ActorId xmlns:b=\"http://schemas.datacontract.org/2004/07/Dapr.Actors\"><b:ActorId>a 1</b:ActorId></a:ActorId>",
            header[..call]);
        Assert.EndsWith(
            "</a:CallContext><a:Headers xmlns:b=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\"/><a:MethodName>None</a:MethodName><a:ActorType>T</a:ActorType></z:anyType>",
            header, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("größe & <x>")]
    [InlineData("😀")]
    public void A_header_names_any_actor_in_ascii(string id)
    {
        var header = Remoting.Header("T", id, RemotingMethod.Of(typeof(IX).GetMethod("None")!));

        var read = new XmlDocument();
        read.LoadXml(header);
        Assert.True(Ascii.IsValid(header));
        Assert.Equal(id, read.GetElementsByTagName("b:ActorId")[0]!.InnerText);
    }

    [Fact]
    public void Data_contracts_are_written_as_the_official_sdk_writes_them()
    {
        Assert.Equal(
            $"<WrappedMsgBody xmlns=\"urn:actors\" {Instance}><value i:type=\"OneReqBody\"><amount xmlns:a=\"urn:x\"><a:Cents>5</a:Cents></amount></value></WrappedMsgBody>",
            Xml(Request("One", new Amt { Cents = 5 })));
        Assert.Equal(
            $"<WrappedMsgBody xmlns=\"urn:actors\" {Instance}><value i:type=\"TwoReqBody\"><left>l</left><right>7</right></value></WrappedMsgBody>",
            Xml(Request("Two", "l", 7)));
        Assert.Equal(
            $"<WrappedMsgBody xmlns=\"urn:actors\" {Instance}><value i:type=\"ArrReqBody\"><items xmlns:a=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\"><a:string>a</a:string></items></value></WrappedMsgBody>",
            Xml(Request("Arr", new object?[] { new[] { "a" } })));
        Assert.Equal(
            $"<WrappedMsgBody xmlns=\"urn:actors\" {Instance}><value i:type=\"TwoRespBody\"><retVal>l7</retVal></value></WrappedMsgBody>",
            Xml(TypedBody.WriteResult("Two", "l7", typeof(string), null)));
        Assert.Equal(
            $"<WrappedMsgBody xmlns=\"urn:actors\" {Instance}><value i:type=\"GoReqBody\"><to i:type=\"ActorReference\">"
            + "<ActorId xmlns:a=\"http://schemas.datacontract.org/2004/07/Dapr.Actors\"><a:ActorId>b</a:ActorId></ActorId><ActorType>T</ActorType></to></value></WrappedMsgBody>",
            Xml(Request("Go", ActorProxy.Create<IX>(new ActorId("b"), "T"))));
        Assert.Equal(
            $"<ActorInvokeExceptionData xmlns=\"urn:actors\"><Message>why</Message><Type>System.InvalidOperationException</Type></ActorInvokeExceptionData>",
            Xml(ContractBody.WriteFailure(new InvalidOperationException("why"))));
    }

    [Fact]
    public void Json_is_written_as_the_official_sdk_writes_it()
    {
        Assert.Equal("""{"value":{"amount":{"cents":5}}}""", Encoding.UTF8.GetString(Request("One", JsonSerializerOptions.Web, new Amt { Cents = 5 })));
        Assert.Equal("""{"value":{"retVal":null}}""", Encoding.UTF8.GetString(TypedBody.WriteResult("Nul", null, typeof(string), JsonSerializerOptions.Web)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_written_is_read_back_in_the_order_of_the_parameters(bool json)
    {
        var options = json ? JsonSerializerOptions.Web : null;
        var parameters = typeof(IX).GetMethod("Order")!.GetParameters();

        var args = TypedBody.Read(TypedBody.Write("Order", parameters, [1, "two"], options)!, parameters, JsonSerializerOptions.Web);
        var result = TypedBody.ReadResult<Amt>(TypedBody.WriteResult("One", new Amt { Cents = 5 }, typeof(Amt), options), JsonSerializerOptions.Web);

        Assert.Equal([1, "two"], args);
        Assert.Equal(5, result!.Cents);
        Assert.Null(TypedBody.ReadResult<string>(TypedBody.WriteResult("Nul", null, typeof(string), options), JsonSerializerOptions.Web));
    }

    private static byte[] Request(string method, params object?[] args) => TypedBody.Write(method, typeof(IX).GetMethod(method)!.GetParameters(), args, null)!;

    private static byte[] Request(string method, JsonSerializerOptions json, object arg) =>
        TypedBody.Write(method, typeof(IX).GetMethod(method)!.GetParameters(), [arg], json)!;

    private static string Xml(byte[] body)
    {
        using var reader = XmlDictionaryReader.CreateBinaryReader(body, XmlDictionaryReaderQuotas.Max);
        reader.Read();
        return reader.ReadOuterXml();
    }
}

[DataContract(Name = "Amt", Namespace = "urn:x")]
public sealed class Amt
{
    [DataMember]
    public long Cents { get; set; }
}
