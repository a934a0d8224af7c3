import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ClientAddressOptions,
  clientAddressReader,
  parseAddress,
} from '../../src/http/client-address.ts'
import { clientAddressProblems } from '../support/option-problems.ts'

function read(options: ClientAddressOptions, peer: string | undefined, header: string) {
  const address = clientAddressReader(options)(new Headers({ 'x-forwarded-for': header }), peer)
  return address?.address ?? null
}

const hops = (count: number) => ({ trustedProxies: { hops: count } })
const networks = { trustedProxies: { networks: ['10.0.0.0/8', '2001:db8:ff::/48'] } }

describe('Client address, whatever is sent', () => {
  describe('spellings that others read differently are no addresses', () => {
    test.each([
      '::ffff:010.0.0.1',
      '::ffff:0x7f.0.0.1',
      '::ffff:127.1',
      '::ffff:256.1.1.1',
      '00.0.0.0',
      '1.2.3.04',
      '0x01.2.3.4',
      '16909060',
      '1.2.3.4%eth0',
      '[1.2.3.4]',
      '[1.2.3.4]:80',
      '1.2.3.4:',
      '1.2.3.4:port',
      '1.2.3.4:123456',
      '1.2.3.4:80:80',
      '[::1]x',
      '[::1]:',
      '[::1',
      '::1]',
      '"[::1]"',
      '"1.2.3.4"',
      '1.2.3.4 5.6.7.8',
      '1.2.3.4\n',
      '::1\n',
      '::1/64',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '12345::',
      '%eth0',
      '\u0661.2.3.4',
      `fe80::1%${'x'.repeat(200)}`,
    ])('%j', (text) => {
      expect(parseAddress(text)).toBeNull()
    })
  })

  describe('spellings of the same address are the same', () => {
    test.each([
      ['192.0.2.1:80', '192.0.2.1'],
      ['[::FFFF:192.0.2.1]:80', '192.0.2.1'],
      ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
      ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
      ['[fe80::1%25eth0]:443', 'fe80::1'],
      ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
      ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ])('%j is %j', (text, expected) => {
      expect(parseAddress(text)).toBe(expected)
    })

    test('an IPv6 address whose first 96 bits are 0 is not the IPv4 address of its last 32', () => {
      expect(parseAddress('::192.0.2.1')).toBe('::c000:201')
      expect(parseAddress('::ffff:0:192.0.2.1')).toBe('::ffff:0:c000:201')
    })
  })

  describe('headers without end', () => {
    test('an entry that is cut in two is not taken for an address', () => {
      const spaces = (count: number) => ' '.repeat(count)
      // The last 4096 characters start within the address, at `1.2.3.4`.
      const cut = `201.2.3.4${spaces(4089 - '9.9.9.9'.length - 1)},9.9.9.9`
      expect(cut.slice(-4096).startsWith('1.2.3.4 ')).toBe(true)
      expect(read(hops(1), '192.0.2.1', cut)).toBe('9.9.9.9')
      expect(read(hops(2), '192.0.2.1', cut)).toBeNull()
      const behindTrusted = cut.replace(' ,9.9.9.9', ',10.9.9.9')
      expect(read(networks, '10.0.0.1', behindTrusted)).toBe('10.9.9.9')
    })

    test('a single entry longer than any address makes it unknown, not the proxy', () => {
      expect(read(hops(1), '192.0.2.1', 'x'.repeat(10_000))).toBeNull()
    })

    test('a made-up row of trusted addresses is not walked without end', () => {
      const row = (count: number) => `9.9.9.9${',10.1.1.1'.repeat(count)}`
      expect(read(networks, '10.0.0.1', row(49))).toBe('9.9.9.9')
      expect(read(networks, '10.0.0.1', row(50))).toBe('10.1.1.1')
    })
  })

  test('Forwarded and the headers of vendors are ignored', () => {
    const headers = new Headers({
      forwarded: 'for=9.9.9.9',
      'x-real-ip': '9.9.9.9',
      'cf-connecting-ip': '9.9.9.9',
      'true-client-ip': '9.9.9.9',
      'x-client-ip': '9.9.9.9',
    })
    for (const options of [{}, hops(1), networks]) {
      expect(clientAddressReader(options)(headers, '10.0.0.1')?.address).toBe('10.0.0.1')
    }
  })

  test('a peer that is not an address is none', () => {
    for (const peer of [undefined, '', 'unix:', '/run/app.sock', 'localhost']) {
      expect(read({}, peer, '9.9.9.9')).toBeNull()
      expect(read(networks, peer, '9.9.9.9')).toBeNull()
      expect(read(hops(1), peer, '9.9.9.9')).toBe('9.9.9.9')
      expect(read(hops(1), peer, ' , ')).toBeNull()
    }
  })

  test('without networks nobody is trusted', () => {
    expect(read({ trustedProxies: { networks: [] } }, '10.0.0.1', '9.9.9.9')).toBe('10.0.0.1')
    expect(read({ trustedProxies: {} }, '10.0.0.1', '9.9.9.9')).toBe('10.0.0.1')
  })

  test('an address of the other kind is in no network', () => {
    const all = (network: string) => ({ trustedProxies: { networks: [network] } })
    expect(read(all('0.0.0.0/1'), '::1', '9.9.9.9')).toBe('::1')
    expect(read(all('::/1'), '10.0.0.1', '9.9.9.9')).toBe('10.0.0.1')
  })

  test.each([
    [{ trustedProxies: { networks: ['10.0.0.0/8', '::1', '2001:db8::/32'] }, ipv6Prefix: 56 }],
    [{ trustedProxies: { hops: 0 } }],
    [{ ipv6Prefix: 32 }],
    [{ ipv6Prefix: 128 }],
    [{}],
  ])('%j is no problem', (options) => {
    expect(clientAddressProblems(options)).toEqual([])
  })

  test.each([
    [{ trustedProxies: { networks: ['2001:db8::/129'] } }],
    [{ trustedProxies: { networks: ['10.0.0.0/'] } }],
    [{ trustedProxies: { networks: ['10.0/8'] } }],
    [{ trustedProxies: { networks: ['010.0.0.0/8'] } }],
    [{ trustedProxies: { networks: [''] } }],
    [{ trustedProxies: { networks: [undefined as unknown as string] } }],
    [{ trustedProxies: { hops: Number.NaN } }],
    [{ trustedProxies: { hops: '1' as unknown as number } }],
    [{ ipv6Prefix: 31 }],
    [{ ipv6Prefix: 129 }],
    [{ ipv6Prefix: 64.5 }],
  ])('%j is one problem', (options) => {
    expect(clientAddressProblems(options)).toHaveLength(1)
  })

  describe('as properties', () => {
    const fragment = fc.constantFrom(
      ...'0123456789abcdefx:.%[]/,'.split(''),
      ' ',
      '::',
      'ffff',
      '255',
    )
    const near = fc.array(fragment, { maxLength: 20 }).map((parts) => parts.join(''))
    const latin1 = fc.string({
      unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
    })
    const anyText = fc.oneof(fc.ipV4(), fc.ipV6(), near, latin1, fc.string({ unit: 'binary' }))
    // What a header can hold: latin-1 without control characters.
    const headerText = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      near,
      latin1.map((text) => text.replace(/\x7f/g, '')),
    )
    const trusted = fc.nat(0xffffff).map((n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
    const stranger = fc.oneof(
      fc.nat(0xffff).map((n) => `203.0.${n >> 8}.${n & 255}`),
      fc.integer({ min: 1, max: 0xffff }).map((n) => `2001:db8:1::${n.toString(16)}`),
    )
    const anyOptions = fc.oneof(fc.nat(4).map(hops), fc.constant(networks), fc.constant({}))

    test('nothing throws, and what comes out is canonical', () => {
      fc.assert(
        fc.property(
          anyOptions,
          fc.oneof(anyText, trusted),
          fc.array(headerText),
          fc.integer({ min: 32, max: 128 }),
          (options, peer, entries, ipv6Prefix) => {
            const headers = new Headers({ 'x-forwarded-for': entries.join(',') })
            const found = clientAddressReader({ ...options, ipv6Prefix })(headers, peer)
            if (found === null) return
            expect(parseAddress(found.address)).toBe(found.address)
            const [network = '', bits] = found.network.split('/')
            expect(parseAddress(network)).toBe(network)
            expect(bits).toBe(found.address.includes(':') ? String(ipv6Prefix) : undefined)
          },
        ),
        { numRuns: 1000 },
      )
    })

    test('parsing is idempotent, and ports and brackets change nothing', () => {
      fc.assert(
        fc.property(anyText, fc.nat(65535), (text, port) => {
          const address = parseAddress(text)
          if (address === null) return
          expect(parseAddress(address)).toBe(address)
          const bare = address.includes(':') ? `[${address}]` : address
          expect(parseAddress(`${bare}:${port}`)).toBe(address)
        }),
        { numRuns: 1000 },
      )
    })

    test('every valid address is one, mapped IPv4 folded', () => {
      fc.assert(
        fc.property(fc.ipV4(), fc.ipV6(), (four, six) => {
          expect(parseAddress(four)).toBe(four)
          expect(parseAddress(`::ffff:${four}`)).toBe(four)
          expect(parseAddress(six)).not.toBeNull()
        }),
      )
    })

    test('behind trusted networks, nothing left of the first stranger matters', () => {
      fc.assert(
        fc.property(
          headerText,
          stranger,
          fc.array(trusted, { maxLength: 5 }),
          (forged, client, proxies) => {
            const own = [client, ...proxies].join(', ')
            expect(read(networks, '10.0.0.1', `${forged}, ${own}`)).toBe(client)
          },
        ),
      )
    })

    test('a peer that is not trusted is the client, whatever it sends', () => {
      fc.assert(
        fc.property(stranger, headerText, (peer, header) => {
          expect(read(networks, peer, header)).toBe(peer)
          expect(read({}, peer, header)).toBe(peer)
        }),
      )
    })

    test('two addresses share a network exactly when they share its bits', () => {
      const bits = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n })
      const spell = (n: bigint) => (n.toString(16).padStart(32, '0').match(/.{4}/g) ?? []).join(':')
      const isMapped = (n: bigint) => n >> 32n === 0xffffn
      fc.assert(
        fc.property(
          bits,
          fc.integer({ min: 0, max: 127 }),
          fc.integer({ min: 32, max: 128 }),
          (one, flipped, ipv6Prefix) => {
            const other = one ^ (1n << BigInt(127 - flipped))
            if (isMapped(one) || isMapped(other)) return
            const reader = clientAddressReader({ ipv6Prefix })
            const network = (n: bigint) => reader(new Headers(), spell(n))?.network
            expect(network(one) === network(other)).toBe(flipped >= ipv6Prefix)
          },
        ),
      )
    })
  })
})
