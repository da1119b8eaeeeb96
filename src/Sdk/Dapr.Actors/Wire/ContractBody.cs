using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Serialization;
using System.Xml;

namespace Dapr.Actors.Wire;

/// <summary>
/// Bodies of typed calls as data contracts in binary XML, the official SDK's default. An element for each argument, or one for the result, each
/// written by the data contract of its declared type.
/// </summary>
internal static class ContractBody
{
    private const string Instance = "http://www.w3.org/2001/XMLSchema-instance";
    private static readonly ConcurrentDictionary<(Type, string), DataContractSerializer> Serializers = new();

    // Readers of the other side expect the elements in this order.
    public static byte[] Write(string method, ParameterInfo[] parameters, object?[] args) => Write($"{method}ReqBody", body =>
    {
        foreach (var (parameter, value) in parameters.Zip(args).OrderBy(pair => pair.First.Name, StringComparer.Ordinal))
            Serializer(parameter.ParameterType, parameter.Name!).WriteObject(body, value);
    });

    public static byte[] WriteResult(string method, object? result, Type type) =>
        Write($"{method}RespBody", body => Serializer(type, TypedBody.Result).WriteObject(body, result));

    public static object?[] Read(byte[] body, ParameterInfo[] parameters)
    {
        var args = new object?[parameters.Length];
        Read(body, (name, reader) =>
        {
            var index = Array.FindIndex(parameters, parameter => parameter.Name == name);
            if (index < 0) reader.Skip();
            else args[index] = Serializer(parameters[index].ParameterType, name).ReadObject(reader, verifyObjectName: false);
        });
        return args;
    }

    public static T? ReadResult<T>(byte[] body)
    {
        T? result = default;
        Read(body, (name, reader) => result = (T?)Serializer(typeof(T), name).ReadObject(reader, verifyObjectName: false));
        return result;
    }

    public static byte[] WriteFailure(Exception thrown) => Frame(writer =>
    {
        writer.WriteStartElement("ActorInvokeExceptionData", Remoting.Namespace);
        writer.WriteElementString("Message", Remoting.Namespace, thrown.Message);
        writer.WriteElementString("Type", Remoting.Namespace, thrown.GetType().FullName);
        writer.WriteEndElement();
    });

    public static ActorInvokeException ReadFailure(byte[] body)
    {
        using var reader = XmlDictionaryReader.CreateBinaryReader(body, XmlDictionaryReaderQuotas.Max);
        var (type, message) = ("", "");
        reader.ReadStartElement("ActorInvokeExceptionData", Remoting.Namespace);
        while (reader.IsStartElement())
        {
            if (reader.LocalName == "Message") message = reader.ReadElementContentAsString();
            else type = reader.ReadElementContentAsString();
        }

        return new(type, message);
    }

    private static byte[] Write(string bodyType, Action<XmlDictionaryWriter> body) => Frame(writer =>
    {
        writer.WriteStartElement("WrappedMsgBody", Remoting.Namespace);
        writer.WriteXmlnsAttribute("i", Instance);
        writer.WriteStartElement("value", Remoting.Namespace);
        writer.WriteStartAttribute("i", "type", Instance);
        writer.WriteQualifiedName(bodyType, Remoting.Namespace);
        writer.WriteEndAttribute();
        body(writer);
        writer.WriteEndElement();
        writer.WriteEndElement();
    });

    private static byte[] Frame(Action<XmlDictionaryWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = XmlDictionaryWriter.CreateBinaryWriter(stream)) write(writer);
        return stream.ToArray();
    }

    private static void Read(byte[] body, Action<string, XmlDictionaryReader> element)
    {
        using var reader = XmlDictionaryReader.CreateBinaryReader(body, XmlDictionaryReaderQuotas.Max);
        reader.ReadStartElement("WrappedMsgBody", Remoting.Namespace);
        if (!reader.IsStartElement("value", Remoting.Namespace) || reader.IsEmptyElement) return;
        reader.ReadStartElement();
        while (reader.IsStartElement()) element(reader.LocalName, reader);
    }

    private static DataContractSerializer Serializer(Type type, string element) =>
        Serializers.GetOrAdd((type, element), static key =>
        {
            var serializer = new DataContractSerializer(key.Item1, key.Item2, Remoting.Namespace, [typeof(ActorReference)]);
            serializer.SetSerializationSurrogateProvider(ProxiesAsReferences.Instance);
            return serializer;
        });
}
