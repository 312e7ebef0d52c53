// Objects, arrays, closures and strings in an interpreter of JavaScript: a small virtual machine, and a sorted index.
// SPDX-License-Identifier: MIT
var rounds = Number(scriptArgs[0]);

function Machine(code) {
    this.code = code;
    this.stack = [];
    this.steps = 0;
}

Machine.prototype.operations = {
    push: function (machine, value) { machine.stack.push(value); },
    add: function (machine) { machine.stack.push(machine.stack.pop() + machine.stack.pop()); },
    multiply: function (machine) { machine.stack.push(machine.stack.pop() * machine.stack.pop() % 65521); },
    repeat: function (machine, times) {
        for (var i = 0; i < times; ++i)
            machine.stack.push((machine.stack[0] * (i + 3) + i) % 1009);
    }
};

Machine.prototype.run = function () {
    for (var i = 0; i < this.code.length; ++i, ++this.steps)
        this.operations[this.code[i][0]](this, this.code[i][1]);
    return this.stack[this.stack.length - 1];
};

var total = 0, index = {}, text = "";
for (var round = 0; round < rounds; ++round) {
    var machine = new Machine([["push", round], ["push", 17], ["multiply"], ["push", 5], ["add"], ["repeat", 20], ["add"], ["multiply"]]);
    total = (total + machine.run() + machine.steps) % 1000003;
    var sorted = machine.stack.slice().sort(function (a, b) { return a - b; });
    var key = "k" + sorted[3] % 50;
    index[key] = (index[key] || 0) + 1;
    text = (text + key).substring(text.length > 200 ? 20 : 0);
}
print(total, Object.keys(index).sort().join(","), text);
