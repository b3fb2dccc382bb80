package bridges_test

import (
	"errors"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"referworks/bridges"
)

func TestGuardChecksAddresses(t *testing.T) {
	const (
		public = iota
		private
		never
	)
	for address, want := range map[string]int{
		"93.184.216.34": public, "1.1.1.1": public, "172.15.255.255": public, "172.32.0.0": public, "192.167.255.255": public, "11.0.0.0": public, "223.255.255.255": public,
		"2606:4700:4700::1111": public, "2a00:1450:4001:80b::200e": public, "2400:cb00::": public,
		"::ffff:93.184.216.34": public, "64:ff9b::93.184.216.34": public,

		"10.0.0.0": private, "10.255.255.255": private, "172.16.0.1": private, "172.31.255.255": private, "192.168.1.1": private,
		"127.0.0.1": private, "127.255.255.254": private, "100.64.0.1": private, "100.127.255.255": private,
		"::1": private, "fd12:3456:789a::1": private, "fc00::1": private, "::ffff:127.0.0.1": private, "::ffff:10.1.2.3": private,

		"169.254.169.254": never, "169.254.170.2": never, "169.254.0.1": never, "100.100.100.200": never, "168.63.129.16": never, "192.0.0.192": never,
		"fd00:ec2::254": never, "fd20:ce::254": never, "::ffff:169.254.169.254": never, "64:ff9b::169.254.169.254": never, "64:ff9b::a9fe:a9fe": never,
		"64:ff9b::10.0.0.1": never, "64:ff9b::127.0.0.1": never, "64:ff9b:1::1": never,
		"0.0.0.0": never, "0.1.2.3": never, "192.0.0.1": never, "192.0.2.1": never, "198.18.0.1": never, "198.19.255.255": never, "198.51.100.1": never, "203.0.113.9": never,
		"192.88.99.1": never, "224.0.0.1": never, "239.255.255.255": never, "240.0.0.1": never, "255.255.255.255": never,
		"::": never, "::127.0.0.1": never, "::10.0.0.1": never, "100::1": never, "2001::1": never, "2001:0:4136:e378:8000:63bf:3fff:fdd2": never, "2001:db8::1": never,
		"2002:7f00:1::1": never, "2002:a9fe:a9fe::1": never, "3fff::1": never, "5f00::1": never, "fe80::1": never, "fec0::1": never, "ff02::1": never, "4000::1": never,
		"fe80::1%eth0": never, "2606:4700:4700::1111%1": never,
	} {
		a := netip.MustParseAddr(address)
		for name, c := range map[string]struct {
			guard bridges.Guard
			want  bool
		}{
			"default":       {bridges.Guard{}, want == public},
			"allow private": {bridges.Guard{AllowPrivate: true}, want != never},
			"only private":  {bridges.Guard{AllowPrivate: true, OnlyPrivate: true}, want == private},
			"nothing":       {bridges.Guard{OnlyPrivate: true}, false},
		} {
			err := c.guard.Check(a)
			var refused *bridges.AddressError
			if (err == nil) != c.want || err != nil && !errors.As(err, &refused) {
				t.Errorf("%s, %s: got %v, want allowed %t", address, name, err, c.want)
			}
		}
	}
	if (bridges.Guard{AllowPrivate: true}).Check(netip.Addr{}) == nil {
		t.Error("no address at all was allowed")
	}
}

// However an IPv4 address is dressed up as IPv6, nothing is reached that the plain address does not reach.
func TestGuardSeesThroughDisguises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		four := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
		g := bridges.Guard{AllowPrivate: rapid.Bool().Draw(t, "private"), OnlyPrivate: rapid.Bool().Draw(t, "only")}
		if g.Check(netip.AddrFrom4(four)) == nil {
			return
		}
		mapped := [16]byte{10: 0xff, 11: 0xff}
		translated := [16]byte{0, 0x64, 0xff, 0x9b}
		sixToFour := [16]byte{0x20, 0x02, four[0], four[1], four[2], four[3]}
		compatible := [16]byte{}
		for _, dress := range []*[16]byte{&mapped, &translated, &compatible} {
			copy(dress[12:], four[:])
		}
		for _, dress := range [][16]byte{mapped, translated, compatible, sixToFour} {
			if a := netip.AddrFrom16(dress); a.String() != "::1" && g.Check(a) == nil {
				t.Fatalf("%s was allowed as %s", netip.AddrFrom4(four), a)
			}
		}
	})
}
