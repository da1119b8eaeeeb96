using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.ConfigurationApi;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.ConfigurationApi;

public sealed class ConfigurationStoreTests : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("configuration-");
    private readonly string _file;
    private readonly ConfigurationStore _store;

    public ConfigurationStoreTests()
    {
        _file = Path.Combine(_folder.FullName, "configuration.json");
        Write("""{"a": {"value": "1", "version": "v1"}, "plain": 42}""");
        var component = new Component("config", "configuration.local.file", "v1")
        {
            Metadata = new Dictionary<string, string> { ["configurationFile"] = _file },
        };
        _store = new ConfigurationStore(component, TimeProvider.System, NullLogger.Instance);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Values_may_be_plain_and_are_text_always()
    {
        var items = _store.Get([]);

        Assert.Equal(("1", "v1"), (items["a"].Value, items["a"].Version));
        Assert.Equal(("42", ""), (items["plain"].Value, items["plain"].Version));
        Assert.Empty(_store.Get(["missing"]));
    }

    [Fact]
    public async Task A_subscriber_hears_of_its_own_keys_and_only_of_changes()
    {
        var (_, changes) = _store.Subscribe(["a"]);

        Write("""{"plain": 43, "a": {"value": "1", "version": "v1"}}""");
        Write("""{"plain": 44, "a": {"value": "2", "version": "v2"}}""");

        var (key, item) = await changes.ReadAsync(Stop);
        Assert.Equal(("a", "2", "v2"), (key, item.Value, item.Version));
        Assert.False(changes.TryRead(out _));
    }

    [Fact]
    public async Task What_the_file_held_before_the_subscription_is_no_change()
    {
        Write("""{"a": {"value": "before", "version": ""}}""");
        var (_, changes) = _store.Subscribe(["a"]);

        Write("""{"a": {"value": "after", "version": ""}}""");

        Assert.Equal("after", (await changes.ReadAsync(Stop)).Value.Value);
    }

    [Fact]
    public async Task A_file_that_is_half_written_is_no_change_and_its_end_is()
    {
        var (_, changes) = _store.Subscribe([]);

        await File.WriteAllTextAsync(_file, """{"a": {"val""", Stop);
        await File.WriteAllTextAsync(_file, """{"a": {"value": "3"}}""", Stop);

        Assert.Equal("3", (await changes.ReadAsync(Stop)).Value.Value);
    }

    [Fact]
    public async Task The_end_of_a_subscription_ends_its_changes()
    {
        var (id, changes) = _store.Subscribe(["a"]);

        Assert.True(_store.Unsubscribe(id));

        Assert.False(await changes.WaitToReadAsync(Stop));
        Assert.False(_store.Unsubscribe(id));
    }

    private void Write(string text)
    {
        File.WriteAllText(_file + ".new", text);
        File.Move(_file + ".new", _file, overwrite: true);
    }
}
