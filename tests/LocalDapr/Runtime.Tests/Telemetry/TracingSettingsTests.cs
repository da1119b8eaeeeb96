using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Telemetry.Traces;
using Xunit;

namespace LocalDapr.Runtime.Tests.Telemetry;

public sealed class TracingSettingsTests
{
    [Fact]
    public void Without_a_word_about_traces_no_span_is_begun_but_headers_are_followed()
    {
        var settings = Read("tracing: {}");

        Assert.Equal((true, null, null), (settings.IsOn, settings.Rate, settings.Otlp));
    }

    [Fact]
    public void A_rate_of_zero_switches_everything_off()
    {
        var settings = Read("tracing: {samplingRate: '0', otel: {endpointAddress: 'there:4317', protocol: grpc}}");

        Assert.Equal((false, null), (settings.IsOn, settings.Rate));
    }

    [Theory]
    [InlineData("grpc", "isSecure: false", "http://there:4317/")]
    [InlineData("grpc", "isSecure: true", "https://there:4317/")]
    [InlineData("grpc", "timeout: 3s", "https://there:4317/")]
    [InlineData("http", "isSecure: false", "http://there:4317/v1/traces")]
    public void The_Configuration_names_the_collector_its_protocol_and_whether_it_is_secure(string protocol, string secure, string endpoint)
    {
        var settings = Read($"tracing: {{samplingRate: '0.5', otel: {{endpointAddress: 'there:4317', protocol: {protocol}, {secure}}}}}");

        Assert.Equal((0.5, endpoint, protocol == "grpc"), (settings.Rate!.Value, settings.Otlp!.Endpoint.AbsoluteUri, settings.Otlp.IsGrpc));
    }

    [Fact]
    public void A_collector_without_a_rate_gets_daprds_rare_samples()
    {
        Assert.Equal(1e-4, Read("tracing: {otel: {endpointAddress: 'there:4317', protocol: grpc}}").Rate);
        Assert.Equal(1e-4, Read("tracing: {stdout: true}").Rate);
    }

    [Fact]
    public void An_unknown_protocol_is_a_start_up_error()
    {
        var error = Assert.Throws<StartupException>(() => Read("tracing: {samplingRate: '1', otel: {endpointAddress: 'there:4317', protocol: udp}}"));

        Assert.Equal("invalid protocol udp provided for Otel endpoint", error.Message);
    }

    [Fact]
    public void The_variables_stand_in_for_a_Configuration_that_names_no_collector_and_then_all_is_sampled()
    {
        var settings = Read(
            "tracing: {}", ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://there:4317"), ("OTEL_EXPORTER_OTLP_HEADERS", "key=a%20b,other=c"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"));

        Assert.Equal((1d, "http://there:4317/", true), (settings.Rate!.Value, settings.Otlp!.Endpoint.AbsoluteUri, settings.Otlp.IsGrpc));
        Assert.Equal([new("key", "a b"), new("other", "c")], settings.Otlp.Headers);
        Assert.Equal(TimeSpan.FromSeconds(2.5), settings.Otlp.Timeout);
    }

    [Fact]
    public void The_variables_for_traces_alone_win_over_those_for_all_signals_and_the_Configuration_over_both()
    {
        var variables = new[]
        {
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4317"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:4318"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
        };

        Assert.Equal("http://traces:4318/v1/traces", Read("tracing: {}", variables).Otlp!.Endpoint.AbsoluteUri);
        Assert.Equal("https://own:1/", Read("tracing: {otel: {endpointAddress: 'own:1', protocol: grpc}}", variables).Otlp!.Endpoint.AbsoluteUri);
    }

    [Theory]
    [InlineData("there:4317", null, "https")]
    [InlineData("there:4317", "true", "http")]
    [InlineData("https://there:4317", null, "https")]
    public void A_collector_of_the_variables_is_secure_unless_its_scheme_or_a_variable_says_otherwise(string endpoint, string? insecure, string scheme)
    {
        var settings = Read("tracing: {}", ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_EXPORTER_OTLP_INSECURE", insecure ?? ""));

        Assert.Equal(scheme, settings.Otlp!.Endpoint.Scheme);
    }

    private static TracingSettings Read(string yaml, params (string Name, string Value)[] variables) =>
        TracingSettings.Read((JsonObject)YamlNodes.Parse(yaml)[0]!, name => variables.FirstOrDefault(v => v.Name == name).Value);
}
