namespace LocalDapr.Runtime.Actors.Hosting;

/// <summary>
/// What an app, or one stream of it, has told of its actor types. It has a host while there is a store for them; the block of the actors
/// opens and closes it, one change at a time.
/// </summary>
/// <param name="name">Names the host among those of a type; stable, so that its share is the same when it comes back.</param>
internal sealed class ToldTypes(IActorApp app, ActorTypes types, string name)
{
    public IActorApp App { get; } = app;

    public ActorTypes Types { get; } = types;

    public string Name { get; } = name;

    public ActorHost? Host { get; set; }
}
