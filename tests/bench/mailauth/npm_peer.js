// npm_peer.js SECONDS FOLDER: npm's mailauth on what mailauth_bench left in FOLDER, in processor time, as
// one JSON object with the same names. DNS comes from memory, as there. NODE_PATH says where it is.
'use strict';

const fs = require('fs');
const path = require('path');
const { dkimSign } = require('mailauth/lib/dkim/sign');
const { dkimVerify } = require('mailauth/lib/dkim/verify');
const { spf } = require('mailauth/lib/spf');

const [span, folder] = [Number(process.argv[2]), process.argv[3]];
const read = name => fs.readFileSync(path.join(folder, name));
const [bare, signed, rsa, ed25519] = ['bare.eml', 'signed.eml', 'rsa.pem', 'ed25519.pem'].map(read);
const zone = new Map(
    read('zone.txt')
        .toString()
        .trim()
        .split('\n')
        .map(line => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)])
);

async function resolver(name, type) {
    if (type !== 'TXT' || !zone.has(name)) {
        throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    }
    return [[zone.get(name)]];
}

async function verify() {
    const { results } = await dkimVerify(signed, { resolver });
    return results.length === 1 && results[0].status.result === 'pass';
}

async function sign(privateKey, selector) {
    const { signatures, errors } = await dkimSign(bare, {
        canonicalization: 'relaxed/relaxed',
        signTime: new Date(1772442000000),
        headerList: 'from:to:subject:date:message-id',
        signatureData: [{ signingDomain: 'x.test', selector, privateKey }]
    });
    return errors.length === 0 && signatures.includes('b=');
}

async function checkSpf() {
    const result = await spf({ sender: 'a@x.test', ip: '203.0.113.7', helo: 'h.test', mta: 'mx.y.test', resolver });
    return result.status.result === 'pass';
}

async function rate(step) {
    const start = process.cpuUsage();
    let rounds = 0;
    for (;;) {
        for (let i = 0; i < 16; i++, rounds++) {
            if (!(await step())) {
                throw new Error(`${step} failed`);
            }
        }
        const used = process.cpuUsage(start);
        const seconds = (used.user + used.system) / 1e6;
        if (seconds >= span) {
            return Math.round(rounds / seconds);
        }
    }
}

(async () => {
    const figures = {};
    await rate(verify); // once to warm up the compiler
    figures.dkim_verify_rsa2048_4kB_per_s = await rate(verify);
    figures.dkim_sign_rsa2048_4kB_per_s = await rate(() => sign(rsa, 's'));
    figures.dkim_sign_ed25519_4kB_per_s = await rate(() => sign(ed25519, 'e'));
    figures.spf_six_includes_per_s = await rate(checkSpf);
    console.log(JSON.stringify(figures));
})();
