using System.Net;
using System.Net.Sockets;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// Whether an address belongs to the public internet: a customer must not make the shop call what only the shop can reach, be it a neighbour in the
/// cluster, the machine itself or a cloud's metadata service.
/// </summary>
public static class PublicAddress
{
    private static readonly IPNetwork[] NotPublic4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        }.Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

    // Inside 2000::/3: Teredo and 6to4 carry an IPv4 address of any kind, the others are for documents and tests.
    private static readonly IPNetwork[] NotPublic6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !NotPublic4.Any(network => network.Contains(address))
            : Global6.Contains(address) && !NotPublic6.Any(network => network.Contains(address));
    }
}
