using System.Diagnostics;
using System.Reflection;
using System.Security;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Dapr.Actors.Wire;

/// <summary>
/// What a typed call says of itself beside its body, as the official SDK writes it, so that typed callers and hosts of both understand each other.
/// </summary>
internal static class Remoting
{
    public const string Namespace = "urn:actors";

    private const string FailureKey = "RemoteMethodException";

    // CRC-64 of ECMA-182, highest bit first, ones before and after.
    private const ulong Polynomial = 0x42F0E1EBA9EA3693;

    public static string Header(string type, string id, RemotingMethod method) =>
        "<z:anyType i:type=\"a:ActorHeader\" xmlns:z=\"http://schemas.microsoft.com/2003/10/Serialization/\""
        + " xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:a=\"urn:actors\">"
        + $"<a:MethodId>{method.Id}</a:MethodId><a:InterfaceId>{method.InterfaceId}</a:InterfaceId>"
        + $"<a:ActorId xmlns:b=\"http://schemas.datacontract.org/2004/07/Dapr.Actors\"><b:ActorId>{Escape(id)}</b:ActorId></a:ActorId>"
        + $"<a:CallContext>{Guid.NewGuid()}</a:CallContext><a:Headers xmlns:b=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\"/>"
        + $"<a:MethodName>{Escape(method.Name)}</a:MethodName><a:ActorType>{Escape(type)}</a:ActorType></z:anyType>";

    /// <summary>Says that the body of the answer is what the method threw, and where.</summary>
    public static string Failure(Exception thrown, string method)
    {
        var line = new StackTrace(thrown, fNeedFileInfo: true).GetFrame(0)?.GetFileLineNumber() ?? 0;
        var where = $"Exception: {thrown.GetType().Name}, Method Name: {method}, Line Number: {line}, Exception uuid: {Guid.NewGuid()}";
        return "<z:anyType i:type=\"a:ActorResponseMessageHeaders\" xmlns:z=\"http://schemas.microsoft.com/2003/10/Serialization/\""
            + " xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:a=\"urn:actors\">"
            + "<a:Headers xmlns:b=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\">"
            + "<b:KeyValueOfstringbase64Binary><b:Key>HasRemoteException</b:Key><b:Value/></b:KeyValueOfstringbase64Binary>"
            + $"<b:KeyValueOfstringbase64Binary><b:Key>{FailureKey}</b:Key><b:Value>{Convert.ToBase64String(Encoding.UTF8.GetBytes(where))}</b:Value>"
            + "</b:KeyValueOfstringbase64Binary></a:Headers></z:anyType>";
    }

    /// <summary>What <see cref="Failure"/> told; null when the header does not.</summary>
    public static string? FailureIn(string header)
    {
        try
        {
            var key = XElement.Parse(header).Descendants().FirstOrDefault(e => e.Name.LocalName == "Key" && e.Value == FailureKey);
            return key?.ElementsAfterSelf().FirstOrDefault() is { } value ? Encoding.UTF8.GetString(Convert.FromBase64String(value.Value)) : null;
        }
        catch (Exception unreadable) when (unreadable is XmlException or FormatException)
        {
            return null;
        }
    }

    public static int IdOf(Type actorInterface) => IdOf($"{actorInterface.Namespace}{actorInterface.Name}");

    public static int IdOf(MethodInfo method) => IdOf($"{method.DeclaringType!.Name}{method.DeclaringType.Namespace}{method.Name}");

    private static int IdOf(string name)
    {
        var crc = ulong.MaxValue;
        foreach (var value in Encoding.UTF8.GetBytes(name))
        {
            crc ^= (ulong)value << 56;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 63) == 1 ? (crc << 1) ^ Polynomial : crc << 1;
        }

        return unchecked((int)(crc ^ ulong.MaxValue));
    }

    // It travels as a header: other characters than ASCII's go as references.
    private static string Escape(string text)
    {
        var escaped = SecurityElement.Escape(text);
        return Ascii.IsValid(escaped) ? escaped
            : string.Concat(escaped.EnumerateRunes().Select(rune => rune.IsAscii ? rune.ToString() : $"&#x{rune.Value:X};"));
    }
}

/// <summary>A method of an actor's interface, as headers name it.</summary>
internal sealed record RemotingMethod(string Name, int Id, int InterfaceId)
{
    public static RemotingMethod Of(MethodInfo method) => new(method.Name, Remoting.IdOf(method), Remoting.IdOf(method.DeclaringType!));
}
