using MiniGrpc.Wire;
using Xunit;

namespace MiniGrpc.Tests.Wire;

public sealed class WireTests
{
    [Theory]
    [InlineData(0, "0u")]
    [InlineData(1, "1u")]
    [InlineData(10, "1u")]
    [InlineData(15, "2u")]
    [InlineData(TimeSpan.TicksPerSecond, "1000000u")]
    [InlineData(99_999_999 * 10L, "99999999u")]
    [InlineData(99_999_999 * 10L + 1, "100000m")]
    [InlineData(TimeSpan.TicksPerDay * 365, "31536000S")]
    [InlineData(long.MaxValue, "99999999H")]
    [InlineData(-5, "0u")]
    public void A_timeout_takes_the_finest_unit_that_fits_and_is_rounded_up(long ticks, string expected)
    {
        Assert.Equal(expected, GrpcTimeout.Format(new TimeSpan(ticks)));
    }

    [Fact]
    public void A_timeout_that_was_written_is_never_read_as_a_shorter_one()
    {
        var random = new Random(3);
        for (var i = 0; i < 10_000; i++)
        {
            var timeout = new TimeSpan(random.NextInt64(long.MaxValue >> random.Next(2, 62)));

            Assert.True(GrpcTimeout.TryParse(GrpcTimeout.Format(timeout), out var read));
            Assert.True(read >= timeout, $"{timeout} became {read}");
        }
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%41", "A")]
    [InlineData("%e2%82%ac", "€")]
    [InlineData("%E2%82", "\uFFFD")]
    [InlineData("a%20b%25", "a b%")]
    [InlineData("%G1%1G", "%G1%1G")]
    public void Escapes_are_read_leniently(string encoded, string expected)
    {
        Assert.Equal(expected, GrpcStatusMessage.Decode(encoded));
    }

    [Fact]
    public void Any_text_survives_its_encoding_and_travels_as_printable_ASCII()
    {
        var random = new Random(4);
        for (var i = 0; i < 2000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => char.ConvertFromUtf32(random.Next(0xD800))));
            var encoded = GrpcStatusMessage.Encode(text);

            Assert.DoesNotContain(encoded, c => c is < ' ' or > '~');
            Assert.Equal(text, GrpcStatusMessage.Decode(encoded));
        }
    }
}
