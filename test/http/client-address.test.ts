import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ClientAddressOptions,
  clientAddressReader,
  parseAddress,
} from '../../src/http/client-address.ts'
import { clientAddressProblems } from '../support/option-problems.ts'

function read(
  options: ClientAddressOptions,
  peer: string | undefined,
  ...lines: string[]
): string | null {
  const headers = new Headers()
  for (const line of lines) headers.append('x-forwarded-for', line)
  return clientAddressReader(options)(headers, peer)?.address ?? null
}

const hops = (count: number) => ({ trustedProxies: { hops: count } })
const networks = { trustedProxies: { networks: ['10.0.0.0/8', '2001:db8:ff::/48'] } }

describe('Client address', () => {
  describe('without trusted proxies', () => {
    test('is the peer, whatever headers say', () => {
      expect(read({}, '192.0.2.1', '9.9.9.9')).toBe('192.0.2.1')
    })
    test('is unknown without a peer', () => {
      expect(read({}, undefined, '9.9.9.9')).toBeNull()
      expect(read({}, '', '9.9.9.9')).toBeNull()
    })
  })

  describe('with trusted hops', () => {
    test.each([
      [1, ['9.9.9.9, 1.2.3.4'], '1.2.3.4'],
      [2, ['1.2.3.4, 172.16.0.1'], '1.2.3.4'],
      [5, ['1.2.3.4'], '1.2.3.4'],
      [1, [' , 1.2.3.4 ,, '], '1.2.3.4'],
      [1, ['[2001:db8::1]:443'], '2001:db8::1'],
      [1, ['1.2.3.4:8080'], '1.2.3.4'],
      [1, [''], '192.0.2.1'],
      [1, [], '192.0.2.1'],
      [2, ['9.9.9.9', '1.2.3.4', '172.16.0.1'], '1.2.3.4'],
      [1, ['9.9.9.9', '1.2.3.4'], '1.2.3.4'],
    ])('%i of %j is %s', (count, lines, expected) => {
      expect(read(hops(count), '192.0.2.1', ...lines)).toBe(expected)
    })

    test('all lines of the header are read, in their order', () => {
      expect(read(hops(1), '192.0.2.1', '9.9.9.9', '1.2.3.4')).toBe('1.2.3.4')
      expect(read(hops(2), '192.0.2.1', '9.9.9.9, 1.2.3.4', '172.16.0.1')).toBe('1.2.3.4')
    })

    test('an entry that is not an address makes it unknown, not the proxy', () => {
      expect(read(hops(1), '192.0.2.1', '1.2.3.4, unknown')).toBeNull()
    })

    test('behind a Unix socket the header still counts', () => {
      expect(read(hops(1), undefined, '1.2.3.4')).toBe('1.2.3.4')
    })

    test('a header of any length costs and changes nothing', () => {
      expect(read(hops(1), '192.0.2.1', `${'9.9.9.9, '.repeat(10_000)}1.2.3.4`)).toBe('1.2.3.4')
    })
  })

  describe('with trusted networks', () => {
    test.each([
      ['an untrusted peer is the client', '192.0.2.1', ['9.9.9.9'], '192.0.2.1'],
      ['a trusted peer is believed', '10.0.0.1', ['9.9.9.9'], '9.9.9.9'],
      ['trusted entries are passed over', '10.0.0.1', ['9.9.9.9, 10.1.1.1, 10.2.2.2'], '9.9.9.9'],
      [
        'what stands left of the client is not',
        '10.0.0.1',
        ['6.6.6.6, 9.9.9.9, 10.1.1.1'],
        '9.9.9.9',
      ],
      ['all trusted: the leftmost', '10.0.0.1', ['10.3.3.3, 10.1.1.1'], '10.3.3.3'],
      ['noise ends the walk', '10.0.0.1', ['6.6.6.6, nonsense, 10.1.1.1'], '10.1.1.1'],
      ['no header: the peer', '10.0.0.1', [], '10.0.0.1'],
      ['an IPv4-mapped peer is IPv4', '::ffff:10.0.0.1', ['9.9.9.9'], '9.9.9.9'],
      ['IPv6 networks', '2001:db8:ff::1', ['2001:db8:1::9'], '2001:db8:1::9'],
    ])('%s', (_, peer, lines, expected) => {
      expect(read(networks, peer, ...lines)).toBe(expected)
    })

    test('a peer without an address is not trusted', () => {
      expect(read(networks, undefined, '9.9.9.9')).toBeNull()
    })
  })

  describe('spellings', () => {
    test.each([
      ['192.0.2.1', '192.0.2.1'],
      ['::ffff:192.0.2.1', '192.0.2.1'],
      ['::ffff:c000:201', '192.0.2.1'],
      ['2001:0DB8:0:0::0001', '2001:db8::1'],
      ['fe80::1%eth0', 'fe80::1'],
      ['[::1]', '::1'],
      ['[::1]:80', '::1'],
      ['1.2.3', null],
      ['0x7f.1', null],
      ['010.0.0.1', null],
      ['1.2.3.4/8', null],
      ['256.1.1.1', null],
      ['::1::', null],
      ['unknown', null],
      ['_hidden', null],
      ['', null],
    ])('%j is %j', (text, expected) => {
      expect(parseAddress(text)).toBe(expected)
    })
  })

  describe('networks that limits count', () => {
    const network = (address: string, ipv6Prefix?: number) =>
      clientAddressReader(ipv6Prefix === undefined ? {} : { ipv6Prefix })(new Headers(), address)
        ?.network

    test('are a /64 for IPv6, or what is configured, and the address for IPv4', () => {
      expect(network('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
      // Everybody behind a NAT64 shares a /64.
      expect(network('64:ff9b::c000:201')).toBe('192.0.2.1')
      expect(network('2001:db8:1:2:3:4:5:6', 48)).toBe('2001:db8:1::/48')
      expect(network('2001:db8:1:2:3:4:5:6', 60)).toBe('2001:db8:1::/60')
      expect(network('2001:db8::1', 128)).toBe('2001:db8::1/128')
      expect(network('::ffff:192.0.2.1')).toBe('192.0.2.1')
    })
  })

  test.each([
    [{ trustedProxies: { hops: 1, networks: [] } }, 'both'],
    [{ trustedProxies: { hops: -1 } }, 'hops'],
    [{ trustedProxies: { hops: 1.5 } }, 'hops'],
    [{ trustedProxies: { networks: ['10.0.0.0/33'] } }, '10.0.0.0/33'],
    [{ trustedProxies: { networks: ['nonsense'] } }, 'nonsense'],
    [{ trustedProxies: { networks: ['0.0.0.0/0'] } }, 'trusts everybody'],
    [{ trustedProxies: { networks: ['::/0'] } }, 'trusts everybody'],
    [{ trustedProxies: { networks: ['1.2.3.4/8/9'] } }, '1.2.3.4/8/9'],
    [{ ipv6Prefix: 20 }, 'ipv6Prefix'],
  ])('%j is a problem', (options, text) => {
    expect(clientAddressProblems(options)).toEqual([expect.stringContaining(text)])
  })

  describe('whatever is sent', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.string({ unit: 'binary-ascii' }))

    test('nothing throws, and what comes out is canonical', () => {
      fc.assert(
        fc.property(address, fc.array(address), fc.nat(4), (peer, entries, count) => {
          const value = entries.join(',').replace(/[^\x20-\x7e]/g, '')
          const found = read(hops(count), peer, value)
          if (found !== null) expect(parseAddress(found)).toBe(found)
        }),
      )
    })

    test('what stands left of the trusted hops changes nothing', () => {
      fc.assert(
        fc.property(
          fc.array(fc.ipV4(), { minLength: 1, maxLength: 4 }),
          fc.stringMatching(/^[\x20-\x7e]*$/),
          (real, forged) => {
            const own = real.join(', ')
            expect(read(hops(real.length), '10.0.0.1', `${forged}, ${own}`)).toBe(
              read(hops(real.length), '10.0.0.1', own),
            )
          },
        ),
      )
    })
  })
})
