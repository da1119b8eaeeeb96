using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dapr.Actors;

/// <summary>Identity of one actor within its type. Compared by ordinal text; immutable.</summary>
[JsonConverter(typeof(ActorIdJsonConverter))]
[DataContract(Name = "ActorId")]
public class ActorId : IEquatable<ActorId>
{
    [DataMember(Name = "ActorId", Order = 0, IsRequired = true)]
    private readonly string id;

    /// <summary>Takes the text of the id.</summary>
    /// <exception cref="ArgumentException">The text is null, empty or blank.</exception>
    public ActorId(string id)
    {
        if (string.IsNullOrWhiteSpace(id)) throw new ArgumentException("An actor id must not be null, empty or blank.", nameof(id));
        this.id = id;
    }

    /// <summary>A new id that no other actor has.</summary>
    public static ActorId CreateRandom() => new(Guid.NewGuid().ToString());

    /// <summary>The text of the id.</summary>
    public string GetId() => id;

    /// <inheritdoc/>
    public override string ToString() => id;

    /// <inheritdoc/>
    public override int GetHashCode() => id.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ActorId);

    /// <inheritdoc/>
    public bool Equals(ActorId? other) => other is not null && string.Equals(id, other.id, StringComparison.Ordinal);

    /// <summary>Sorts by ordinal text.</summary>
    public int CompareTo(ActorId? other) => string.CompareOrdinal(id, other?.id);

    /// <summary>Whether both name the same actor.</summary>
    public static bool operator ==(ActorId? id1, ActorId? id2) => id1 is null ? id2 is null : id1.Equals(id2);

    /// <summary>Whether the two name different actors.</summary>
    public static bool operator !=(ActorId? id1, ActorId? id2) => !(id1 == id2);

    internal sealed class ActorIdJsonConverter : JsonConverter<ActorId>
    {
        public override ActorId? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && reader.GetString() is { } text && !string.IsNullOrWhiteSpace(text)
                ? new ActorId(text)
                : throw new JsonException("An actor id must be a JSON string that is not blank.");

        public override void Write(Utf8JsonWriter writer, ActorId value, JsonSerializerOptions options) => writer.WriteStringValue(value.GetId());
    }
}
