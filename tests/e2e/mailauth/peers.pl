#!/usr/bin/perl
# Mail::DKIM and Mail::SPF on cases from standard input, one JSON object a line, with all DNS from the
# case itself. Answers one word a line: the result, lower case.
use strict;
use warnings;
use JSON::PP;
use Net::DNS;
use Mail::DKIM::Verifier;
use Mail::DKIM::DNS;
use Mail::SPF;

my $zone = {};

# The records of a name: Net::DNS::RR objects, or the word of an error, as authcheck's zones say.
sub records {
    my ($name, $type, $depth) = @_;
    $name = lc $name;
    $name =~ s/\.$//;
    my $types = $zone->{$name} or return 'NXDOMAIN';
    my $list = $types->{$type};
    if (!defined $list && $types->{CNAME}) {
        return 'SERVFAIL' if ($depth // 0) > 10;
        return records($types->{CNAME}[0], $type, ($depth // 0) + 1);
    }
    $list //= $types->{'*'} // [];
    return $list if !ref $list;
    return [map {
        my $rr = $_;
        my %data =
            $type eq 'TXT' ? (txtdata => $rr)
          : $type eq 'MX'  ? (preference => $rr->[0], exchange => $rr->[1])
          : $type eq 'PTR' ? (ptrdname => $rr)
          :                  (address => $rr);
        Net::DNS::RR->new(owner => $name, type => $type, %data)
    } @$list];
}

package Resolver {
    sub new { return bless {}, shift }
    sub errorstring { return $_[0]{error} // '' }
    sub dnsrch { } sub udp_timeout { } sub tcp_timeout { } sub retry { } sub udppacketsize { }
    sub send {
        my ($self, $name, $type) = @_;
        my $found = main::records($name, $type);
        my $packet = Net::DNS::Packet->new($name, $type);
        $packet->header->qr(1);
        if ($found eq 'TIMEOUT') {
            $self->{error} = 'query timed out';
            return undef;
        }
        $packet->header->rcode($found eq 'NXDOMAIN' ? 'NXDOMAIN' : 'SERVFAIL') if !ref $found;
        $packet->push(answer => @$found) if ref $found;
        return $packet;
    }
}

{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my ($name, $type) = @_;
        my $found = main::records($name, $type);
        die "DNS error: $found\n" if $found eq 'SERVFAIL' || $found eq 'TIMEOUT';
        return ref $found ? @$found : ();
    };
}

sub dkim {
    my ($case) = @_;
    my $verifier = Mail::DKIM::Verifier->new(Strict => 0);
    $verifier->PRINT($case->{message});
    $verifier->CLOSE;
    my ($first) = $verifier->signatures;
    return $first ? $first->result : 'none';
}

sub spf {
    my ($case) = @_;
    my $server = Mail::SPF::Server->new(dns_resolver => Resolver->new, query_rr_types => 1,
        hostname => 'unknown');
    my $result = eval {
        my $request = Mail::SPF::Request->new(
            versions => [1], scope => 'mfrom', identity => $case->{from},
            ip_address => $case->{ip}, helo_identity => $case->{helo});
        $server->process($request)->code;
    };
    return $result // 'error';
}

$| = 1;
while (my $line = <STDIN>) {
    my $case = decode_json($line);
    $zone = $case->{zone};
    my $result = eval { $case->{kind} eq 'dkim' ? dkim($case) : spf($case) };
    print lc($result // 'error'), "\n";
}
