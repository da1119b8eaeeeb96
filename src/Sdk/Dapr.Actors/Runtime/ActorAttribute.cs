namespace Dapr.Actors.Runtime;

/// <summary>Gives an actor class a type name other than its class name.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false, Inherited = false)]
public sealed class ActorAttribute : Attribute
{
    /// <summary>The type name the sidecar knows the actor by.</summary>
    public string? TypeName { get; set; }
}
